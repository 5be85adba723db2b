"""What amendments do to an array, against what the frameworks do, in float64."""

import keras
import numpy as np
import pytest
import torch  # before Keras, which brings TensorFlow
from told import INDICES, L

from parity.moves import moved
from parity.nouns import Move

EXACT = {"rtol": 1e-12, "atol": 1e-12}
SEQUENCES = np.random.default_rng(11).normal(size=(4, 7, 5))
OTHER = np.random.default_rng(12).normal(size=(4, 7, 5))
STEPS = {"there": OTHER, "indices": INDICES}


def after(name, **arguments):
    return moved(SEQUENCES, [Move(name, arguments)], STEPS)


def test_a_product_with_a_step_and_a_copy():
    expected = (torch.from_numpy(SEQUENCES) * torch.from_numpy(OTHER)).numpy()
    np.testing.assert_array_equal(after("multiply", step="there"), expected)
    np.testing.assert_array_equal(after("copy"), SEQUENCES)


def test_a_mask_turned_into_the_opposite_keeps_its_type():
    mask = SEQUENCES > 0
    turned = moved(mask, [Move("not")])
    assert turned.dtype == np.bool_
    np.testing.assert_array_equal(turned, torch.logical_not(torch.from_numpy(mask)).numpy())


@pytest.mark.parametrize("axis", [1, 2])
def test_a_mean_of_masked_steps_is_that_of_a_keras_pool(axis):
    pool = L.GlobalAveragePooling1D(dtype="float64")
    expected = keras.ops.convert_to_numpy(pool(SEQUENCES, mask=INDICES != 0))
    array = np.moveaxis(SEQUENCES, 1, axis)
    found = moved(array, [Move("masked_mean", {"step": "indices", "axis": axis})], STEPS)
    np.testing.assert_allclose(found, expected, **EXACT)


@pytest.mark.parametrize("zeroed", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_layer_on_packed_steps_is_the_masked_layer_of_keras(backwards, zeroed):
    kwargs = {"return_sequences": True, "go_backwards": backwards, "dtype": "float64"}
    layer = L.SimpleRNN(6, zero_output_for_mask=zeroed, **kwargs)
    expected = keras.ops.convert_to_numpy(layer(SEQUENCES, mask=keras.ops.convert_to_tensor(INDICES != 0)))
    plain = torch.nn.RNN(5, 6, batch_first=True).double()
    kernel, recurrent, bias = (torch.from_numpy(np.array(each)) for each in layer.get_weights())
    state = {"weight_ih_l0": kernel.T, "weight_hh_l0": recurrent.T, "bias_ih_l0": bias, "bias_hh_l0": 0 * bias}
    plain.load_state_dict(state)
    told = {"step": "indices", "backwards": backwards}
    read = moved(SEQUENCES[:, ::-1] if backwards else SEQUENCES, [Move("packed", told)], STEPS)
    with torch.no_grad():
        given = plain(torch.from_numpy(read))[0].numpy()
    np.testing.assert_allclose(moved(given, [Move("unpacked", {**told, "zeroed": zeroed})], STEPS), expected, **EXACT)
