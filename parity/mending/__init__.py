"""How a described change of a network becomes a change of its code: which call, which bytes, which words."""
