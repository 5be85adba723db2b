"""What else a ReLU of Keras can be, by the options that are set."""

from parity.rule import Call


def leaks_only(call: Call) -> bool:
    """Whether it has a slope for negatives and nothing else: a leaky relu."""
    words = call.words
    return bool(words.get("negative_slope")) and words.get("max_value") is None and not words.get("threshold")


def caps_only(call: Call) -> bool:
    """Whether it has a cap and nothing else: a clip from 0."""
    words = call.words
    return words.get("max_value") is not None and not words.get("negative_slope") and not words.get("threshold")
