"""The layers of both frameworks that no example carries or compares, each with the reason."""

from __future__ import annotations

_BASE = "a base class or a container, without a computation of its own"
_IMAGES = "changes images at random in training; at inference it hands them on"
_PREPARES = "prepares data outside the network: strings, hashes, bins, sounds; PyTorch has no module for it"
_LOSS = "a loss: it compares two tensors and is no part of the network"
_FOREIGN = "wraps another framework's code, which cannot be seen into"
_SAMPLES = "takes samples at random also at inference, or needs to be told where its maxima were"

ABSENT: dict[str, dict[str, str]] = {
    "keras": {
        **dict.fromkeys(("InputLayer", "InputSpec", "Layer", "Wrapper", "Pipeline"), _BASE),
        **dict.fromkeys(
            (
                *("AugMix", "AutoContrast", "CutMix", "Equalization", "MixUp", "RandAugment", "RandomBrightness"),
                *("RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop"),
                *("RandomElasticTransform", "RandomErasing", "RandomGaussianBlur", "RandomGrayscale"),
                *("RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization", "RandomRotation"),
                *("RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom"),
                *("Solarization", "ContrastLimitedAdaptiveHistogramEqualization"),
            ),
            _IMAGES,
        ),
        **dict.fromkeys(
            (
                *("CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup"),
                *("MaxNumBoundingBoxes", "MelSpectrogram", "STFTSpectrogram", "StringLookup", "TextVectorization"),
            ),
            _PREPARES,
        ),
        **dict.fromkeys(("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"), _FOREIGN),
        "AdditiveAttention": "PyTorch has no module for it, and its scale lies inside a sum of tanh",
        "Attention": "seen by its parts: products and a softmax",
        "GroupQueryAttention": "seen by its parts: projections, repeated heads, products and a softmax",
        "ConvLSTM1D": "PyTorch has no convolutional recurrent module",
        "ConvLSTM2D": "PyTorch has no convolutional recurrent module",
        "ConvLSTM3D": "PyTorch has no convolutional recurrent module",
        "Lambda": "any function: seen by the ops that it calls",
        "Masking": "its mask changes what the layers behind it do, which PyTorch says by packed sequences",
        "ReversibleEmbedding": "both ways in one layer: an Embedding and a product with its table are carried",
        "SpectralNormalization": "changes its kernel while it trains; PyTorch has a parametrisation and no module",
        "StackedRNNCells": "several cells in one step: written as a stack of layers, they are carried",
    },
    "torch": {
        **dict.fromkeys(("Container", "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList"), _BASE),
        **dict.fromkeys(("RNNBase", "RNNCellBase", "DataParallel"), _BASE),
        **dict.fromkeys(
            (
                *("AdaptiveLogSoftmaxWithLoss", "BCELoss", "BCEWithLogitsLoss", "CTCLoss", "CosineEmbeddingLoss"),
                *("CrossEntropyLoss", "GaussianNLLLoss", "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss", "L1Loss"),
                *("LinearCrossEntropyLoss", "MSELoss", "MarginRankingLoss", "MultiLabelMarginLoss"),
                *("MultiLabelSoftMarginLoss", "MultiMarginLoss", "NLLLoss", "NLLLoss2d", "PoissonNLLLoss"),
                *("SmoothL1Loss", "SoftMarginLoss", "TripletMarginLoss", "TripletMarginWithDistanceLoss"),
            ),
            _LOSS,
        ),
        **dict.fromkeys(
            ("FractionalMaxPool2d", "FractionalMaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"), _SAMPLES
        ),
        **dict.fromkeys(
            (
                *("CircularPad1d", "CircularPad2d", "CircularPad3d", "Fold", "LPPool1d", "LPPool2d", "LPPool3d"),
                *("Threshold", "Unfold"),
            ),
            "Keras has no layer for it",
        ),
        "Bilinear": "Keras has no layer for a product of two inputs and a kernel",
        "ChannelShuffle": "Keras has no layer for it: written as reshape and permute, it is carried",
        "CosineSimilarity": "compares two tensors; Keras has a function for it, no layer",
        "CrossMapLRN2d": "resizes buffers of its own, which a watched call may not; as LocalResponseNorm, compared",
        "EmbeddingBag": "Keras has no layer for it: written as an embedding and a mean, it is carried",
        "PairwiseDistance": "compares two tensors; Keras has no layer for it",
        "PixelShuffle": "Keras has no layer for it; TensorFlow's `depth_to_space` orders the channels otherwise",
        "PixelUnshuffle": "Keras has no layer for it; TensorFlow's `space_to_depth` orders the channels otherwise",
        "UpsamplingBilinear2d": "aligns the corners of both maps, which no layer of Keras does",
        "Softmin": "Keras has no layer for it: seen as the softmax of the negative",
        "SyncBatchNorm": "a batch norm over several processes, the same at inference",
    },
}
"""Framework -> class -> why it stands in no example. What is an alias of a class in an example needs no entry."""
