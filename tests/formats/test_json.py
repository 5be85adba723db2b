"""The JSON format: the document to the letter, and nothing that JSON has not."""

import json

import pytest

from parity.formats.json import SUFFIX, render

DOCUMENT = {"case": "größe", "layers": [{"max_abs": 1.25e-07, "where": [0, 1]}], "onnx": None}


def test_what_is_read_back_is_the_document_with_its_keys_in_order():
    text = render(DOCUMENT)
    assert json.loads(text) == DOCUMENT
    assert list(json.loads(text)) == ["case", "layers", "onnx"]


def test_a_file_is_readable_by_people_too():
    text = render(DOCUMENT)
    assert '"größe"' in text
    assert text.endswith("}\n")
    assert len(text.splitlines()) > 5
    assert SUFFIX == ".json"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_has_not_is_refused_and_not_written_as_something_else(number):
    with pytest.raises(ValueError, match="JSON"):
        render({"timings": {"run": number}})
