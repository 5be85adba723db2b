"""Where Keras's ReLU is a leaky one."""

from parity.rule import Call


def leaks_only(call: Call) -> bool:
    """Whether a ReLU of Keras has a slope for negatives and no other option set."""
    words = call.words
    return bool(words.get("negative_slope")) and words.get("max_value") is None and not words.get("threshold")
