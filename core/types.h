#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The plain structs that cross rooms. Data only: no behaviour, no library types.
namespace awb {

// ---- what is trained ------------------------------------------------------------------------------------------------

/// Architecture of a BERT encoder, read from config.json (Hugging Face names in brackets).
struct ModelShape {
    int layers = 0;                  ///< L [num_hidden_layers]
    int hidden = 0;                  ///< d [hidden_size]
    int heads = 0;                   ///< [num_attention_heads]
    int feedForward = 0;             ///< f [intermediate_size]
    int vocabulary = 0;              ///< [vocab_size]
    int positions = 0;               ///< longest input in tokens [max_position_embeddings]
    int segments = 2;                ///< [type_vocab_size]
    std::string activation = "gelu"; ///< gelu (erf) | gelu_new (tanh) | relu [hidden_act]
    double layerNormEps = 1e-12;     ///< [layer_norm_eps]
    double hiddenDropout = 0.1;      ///< [hidden_dropout_prob]
    double attentionDropout = 0.1;   ///< [attention_probs_dropout_prob]

    bool operator==(const ModelShape &) const = default;
};

/// Where a layer has adapters (Houlsby et al. 2019, Figure 2).
struct LayerSites {
    bool attention = true;   ///< after the attention output projection
    bool feedForward = true; ///< after the second feed-forward projection

    bool operator==(const LayerSites &) const = default;
};

/// What is inserted and what is trained. An entry of resources/methods.json; a new method is a new entry.
struct Method {
    std::string name;                    ///< key of the entry: "adapter", "full", "head", ...
    int bottleneck = 0;                  ///< m; 0: no adapters
    std::vector<LayerSites> sites;       ///< one per layer, lowest first; empty: all sites of all layers
    std::string activation = "gelu_new"; ///< of the adapter (paper's code: tanh form)
    std::vector<std::string> train;      ///< globs over parameter names, e.g. "*.adapter.*", "*.LayerNorm.*", "classifier.*"
    int topLayers = -1;                  ///< k of "top-k": `train` names the k highest layers; -1: has no such size

    bool operator==(const Method &) const = default;
};

enum class Precision { Float32, BFloat16 };

/// Optimisation settings. The defaults are the paper's (section 3.1 and the released code); each other value is a
/// deviation that the run records.
struct Recipe {
    double learningRate = 1e-3; ///< peak, reached at the end of warm-up
    int epochs = 3;
    int batch = 32;              ///< examples per step
    int maxLength = 128;         ///< tokens, special tokens included
    double warmup = 0.1;         ///< share of all steps
    double initStd = 1e-2;       ///< sigma of the adapters' truncated normal initialisation
    double weightDecay = 0.01;   ///< decoupled; LayerNorms and biases are not decayed
    double clip = 1.0;           ///< global gradient norm; 0: off
    double dropout = -1;         ///< hidden and attention dropout; negative: as the checkpoint's config.json says
    bool biasCorrection = false; ///< Adam's; BERT's optimizer has none
    bool partialBatch = false;   ///< train on the last, smaller batch of an epoch too
    bool plainPath = false;      ///< LibTorch's autograd even where the fast path serves
    Precision precision = Precision::Float32;
    std::string device = "cpu"; ///< "cpu" | "cuda:0" ...
    int threads = 0;            ///< CPU threads; 0: all cores

    bool operator==(const Recipe &) const = default;
};

/// Everything that determines a run's numbers.
struct TrainSpec {
    std::string checkpoint; ///< name in the library
    std::string dataset;    ///< name in the library
    Method method;
    Recipe recipe;
    std::uint64_t seed = 0; ///< of data order, initialisation and dropout

    bool operator==(const TrainSpec &) const = default;
};

// ---- what comes of it -----------------------------------------------------------------------------------------------

enum class RunState { Queued, Paused, Running, Done, Failed, Cancelled };

/// What made a run's numbers, beside its spec.
struct Provenance {
    std::string program;  ///< version of the workbench
    std::string libtorch; ///< version of LibTorch
    std::string device;   ///< e.g. "cpu (AMD EPYC, AVX512)"
    std::string path;     ///< which engine path computed it: "fast", "plain"
    int threads = 0;
    std::string checkpointSha256; ///< checkpointSha256(): of the weight files, and how they are read
    std::string dataSha256;       ///< Manifest::sha256: of the data files and of how they were read
    double seconds = 0;           ///< wall time of training and evaluation
    double stepsPerSecond = 0;
    double examplesPerSecond = 0;
    std::int64_t peakMemory = 0; ///< bytes, resident (CPU) or allocated (CUDA)
    double inferenceSeconds = 0; ///< per example of the last scoring of dev; 0: not recorded (runs of older versions)
    int together = 1; ///< most runs computed at the same time, this one included: they share the cores and the memory
};

/// One row of the run table.
struct Run {
    std::int64_t id = 0;
    TrainSpec spec;
    RunState state = RunState::Queued;
    double position = 0;            ///< order in the queue, smallest first
    std::string study;              ///< name of the study it belongs to; empty: none
    std::int64_t trainable = 0;     ///< trained parameters
    std::int64_t total = 0;         ///< parameters of the whole model, adapters and head included
    std::int64_t trainedTables = 0; ///< those of `trainable` that lie in the embedding tables
    int layers = 0;                 ///< of the checkpoint; 0: not recorded (runs of older versions)
    std::string metric;             ///< name of the task's own first metric, e.g. "accuracy"
    std::optional<double> score;    ///< that metric on dev after the last epoch, 0..1 (correlations -1..1)
    int step = 0, steps = 0;        ///< progress
    double loss = 0;                ///< latest
    double examplesPerSecond = 0;
    bool stopRequested = false;             ///< cancel or pause asked for, maybe by another process
    std::string error;                      ///< sentence, for Failed; for a stopped run what the stop has lost
    std::string created, started, finished; ///< ISO 8601, UTC; empty: not yet
    std::string weights;                    ///< safetensors file of the trained tensors, relative to the library folder
    Provenance provenance;
};

/// One point of a run's curves: "loss", "learning_rate" (train, per step) or "dev.<metric>" (per epoch).
struct Measurement {
    std::string name;
    int step = 0;     ///< optimizer steps done
    double epoch = 0; ///< epochs done
    double value = 0;
};

/// Live progress; sent at most ten times a second.
struct Progress {
    std::int64_t run = 0;
    int step = 0, steps = 0;
    double loss = 0;
    double learningRate = 0;
    double examplesPerSecond = 0;
    double stepsPerSecond = 0; ///< 0: not known
};

/// What runs cost beside their trained parameters, as their rows tell; 0: not recorded.
struct Costs {
    double storedBytes = 0;       ///< of the trained tensors, which are float32
    double examplesPerSecond = 0; ///< while training
    double stepsPerSecond = 0;    ///< while training
    double peakMemory = 0;        ///< bytes
    double epochSeconds = 0;      ///< one pass over the training examples, without scoring
    double inferenceSeconds = 0;  ///< per example of dev

    bool operator==(const Costs &) const = default;
};

/// What a trade-off chart draws: runs that differ in the seed only.
struct Point {
    std::string method;   ///< key of resources/methods.json
    std::string label;    ///< for the user: "adapters, m = 64"
    bool earlier = false; ///< its runs used other data or weights than the newest
    std::string metric;
    std::int64_t trainable = 0;
    std::int64_t parameters = 0; ///< of them those that the chart's way of counting counts
    double mean = 0;             ///< of the scores
    double sem = 0;              ///< standard error of the mean; 0 when n = 1
    int n = 0;                   ///< seeds
    std::vector<std::int64_t> runs;
    std::vector<double> scores; ///< in the order of runs
    std::vector<Costs> costs;   ///< in the order of runs
};

} // namespace awb
