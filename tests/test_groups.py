"""Tests that share what is dear to make are dealt out together."""

import pytest


@pytest.mark.xdist_group("told")
def test_the_group_of_a_test_is_told_to_whoever_deals_out_the_tests(request):
    dealt_out = hasattr(request.config, "workerinput")
    assert request.node.nodeid.endswith("@told") == dealt_out
