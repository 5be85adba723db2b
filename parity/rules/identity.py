"""What hands its input on unchanged: Identity, contiguous, clone, a cast to the type it has."""

from parity.rule import Example, Rule, Spelling

RULE = Rule(
    kind="identity",
    keras=(Spelling(("Identity", "linear")),),
    torch=(Spelling(("contiguous", "clone", "to", "float", "detach", "alias"), "input *others"),),
    tensorflow=(Spelling(("Identity", "StopGradient", "EnsureShape"), "input"),),
    carries=True,
    examples=(
        Example(
            "keras.Sequential([keras.layers.Identity(), keras.layers.ReLU()])",
            "lambda x: x.contiguous().relu()",
            (11,),
            "channel",
        ),
    ),
)
