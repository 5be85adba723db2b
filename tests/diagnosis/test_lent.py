"""Values that the reference lends: put where they are asked for, refused where there are none."""

import numpy as np
import pytest

from parity.diagnosis.lent import asks, granted, is_lent, lent
from parity.errors import NoAmendment
from parity.moves import moved
from parity.nouns import Amendment, Move


def test_only_what_is_lent_is_asked_of_the_reference():
    assert is_lent(lent("short"))
    assert not is_lent("short")
    assert asks([Amendment("sum", instead=(Move("sum", {"sources": ["a", lent("short")], "orders": [(), ()]}),))])
    assert not asks([Amendment("sum", before=(Move("add", {"step": "a"}),)), Amendment("b", instead=())])


def test_a_step_is_put_in_the_place_of_its_name_wherever_a_move_stands():
    short = np.arange(6.0).reshape(2, 3)
    add = Move("add", {"step": lent("short"), "order": (1, 0)})
    for field in ("before", "instead", "after", "then"):
        (amendment,) = granted([Amendment("sum", **{field: (add,)})], {"short": short})
        assert np.array_equal(moved(np.ones((3, 2)), getattr(amendment, field)), 1 + short.T)
    both = Move("sum", {"sources": ["own", lent("short")], "orders": [(), ()]})
    (amendment,) = granted([Amendment("sum", instead=(both,))], {"short": short})
    assert np.array_equal(moved(short, amendment.instead, {"own": 2 * short}), 3 * short)


def test_a_step_that_the_reference_did_not_give_is_refused_by_its_name():
    with pytest.raises(NoAmendment, match="short: the reference gave no such step"):
        granted([Amendment("sum", before=(Move("add", {"step": lent("short")}),))], {"long": np.zeros(1)})
