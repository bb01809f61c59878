#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/model/tensor_file.h"
#include "core/types.h"

namespace awb {

/// A Hugging Face BERT folder: config.json, weights, vocab.txt. Weights stay mapped while the object lives.
/// Tensor names are the canonical ones of BertModel without prefix ("embeddings.word_embeddings.weight",
/// "encoder.layer.0.attention.self.query.weight", "pooler.dense.weight"): a "bert." prefix is removed, legacy
/// LayerNorm.gamma/beta are renamed, pre-training heads (cls.*), classifier.* and position_ids are ignored.
class Checkpoint {
public:
    /// Throws Error naming the file and what to do: no config.json, not a BERT, no weights, a shard missing, a shape that
    /// does not fit config.json. Missing tensors are no error here (see missing()), loading them into a model is.
    static Checkpoint open(const std::filesystem::path &folder);

    const std::filesystem::path &folder() const { return m_folder; }
    const ModelShape &shape() const { return m_shape; }
    const std::vector<TensorView> &tensors() const { return m_tensors; }        ///< canonical names, encoder order
    const TensorView *find(const std::string &name) const;                      ///< null: not there
    const std::vector<std::string> &missing() const { return m_missing; }       ///< expected by config.json, not in the file
    const std::vector<std::string> &unexpected() const { return m_unexpected; } ///< in the file, not used
    const std::vector<std::filesystem::path> &weightFiles() const { return m_weightFiles; }
    std::vector<std::filesystem::path> licenceFiles() const; ///< LICENSE*, NOTICE*, README.md in the folder
    /// SHA-256 of the weight files (joined by ' ' where sharded). Reads them whole.
    std::string sha256() const;
    /// Gives back the memory that reading the mapped weights has taken; they can still be read.
    void release() const;
    /// Throws Error naming the file when a mapped one was written to or cut off since it was opened.
    void requireUnchanged() const;

private:
    std::filesystem::path m_folder;
    ModelShape m_shape;
    std::vector<std::unique_ptr<TensorFile>> m_files;
    std::vector<TensorView> m_tensors;
    std::map<std::string, std::size_t> m_index;
    std::vector<std::string> m_missing, m_unexpected;
    std::vector<std::filesystem::path> m_weightFiles;
};

/// Names and shapes of a BertModel's tensors that follow from its config, in the checkpoint's order.
std::vector<std::pair<std::string, std::vector<std::int64_t>>> expectedTensors(const ModelShape &shape);

/// Where a checkpoint's files lie: `folder` itself, the sub-folder in which Sentence Transformers once kept the model, or
/// the current snapshot of a model's folder in Hugging Face's cache.
std::filesystem::path modelFolder(const std::filesystem::path &folder);

/// The name that a folder suggests: its own; of a snapshot in Hugging Face's cache, whose own is a hash, the model's.
std::string suggestedName(const std::filesystem::path &folder);

/// The shape of a checkpoint folder, without its weights. Throws Error as readConfig(), and where there is no configuration.
ModelShape readShape(const std::filesystem::path &folder);

/// config.json (or Google's bert_config.json) to a shape. Throws Error naming the file and the key.
ModelShape readConfig(const std::filesystem::path &file);

/// Parameters and bytes of one part of the model, for the browser: "embeddings", "layer 0" ..., "pooler".
struct PartSize {
    std::string part;
    std::int64_t parameters = 0;
    std::int64_t bytes = 0;
};
std::vector<PartSize> partSizes(const Checkpoint &checkpoint);

/// What the tensor table shows of one tensor.
struct TensorStatistics {
    double mean = 0, std = 0, minimum = 0, maximum = 0;
    std::int64_t notFinite = 0;               ///< NaN or infinite elements; left out of the figures above
    std::array<std::int64_t, 64> histogram{}; ///< equal bins from minimum to maximum
};
TensorStatistics statistics(const TensorView &tensor);

} // namespace awb
