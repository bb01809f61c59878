#include "core/model/checkpoint.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/model/json_object.h"
#include "core/model/safetensors_types.h"

namespace awb {

namespace {

namespace fs = std::filesystem;

constexpr const char *weightNames[] = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                                       "pytorch_model.bin.index.json"};

bool isFile(const fs::path &path)
{
    std::error_code error;
    return fs::is_regular_file(path, error);
}

/// The weight file or index of a folder; empty: none.
fs::path weightsIn(const fs::path &folder)
{
    for (const char *name : weightNames) {
        if (isFile(folder / name))
            return folder / name;
    }
    return {};
}

/// Whether a name that a file gives stays in its folder.
bool isPlainName(const fs::path &name)
{
    return !name.empty() && name == name.filename() && name != "." && name != ".." &&
           name.string().find_first_of(std::string_view("\0\\", 2)) == std::string::npos;
}

fs::path requireConfig(const fs::path &folder)
{
    for (const char *name : {"config.json", "bert_config.json"}) {
        if (isFile(folder / name))
            return folder / name;
    }
    std::error_code error;
    if (!fs::is_directory(folder, error))
        throw Error("There is no folder " + folder.string() + "; choose a Hugging Face BERT folder.");
    throw Error(folder.string() + " has no config.json; choose a Hugging Face BERT folder (config.json, model.safetensors, "
                                  "vocab.txt).");
}

fs::path requireWeights(const fs::path &folder)
{
    if (fs::path file = weightsIn(folder); !file.empty())
        return file;
    for (const char *name : {"tf_model.h5", "flax_model.msgpack", "bert_model.ckpt.index", "model.ckpt.index"}) {
        if (isFile(folder / name))
            throw Error(folder.string() + " has its weights only as " + name +
                        ", which this program does not read; save them as model.safetensors with the transformers library.");
    }
    for (const char *name : weightNames)
        if (std::error_code error; fs::is_symlink(folder / name, error))
            throw Error((folder / name).string() + " is a link to " + fs::read_symlink(folder / name, error).string() +
                        ", which is not there; fetch the checkpoint again.");
    throw Error(folder.string() + " has no weights; put model.safetensors or pytorch_model.bin there.");
}

/// The sub-folder of the first of sentence-transformers' modules, a plain name; "" where there is none.
std::string firstModule(const fs::path &folder)
{
    if (!isFile(folder / "modules.json"))
        return {};
    const auto modules = nlohmann::json::parse(readFile(folder / "modules.json"), nullptr, false);
    if (!modules.is_array() || modules.empty() || !modules[0].is_object() || !modules[0].contains("path") ||
        !modules[0]["path"].is_string())
        return {};
    const auto name = modules[0]["path"].get<std::string>();
    return isPlainName(name) ? name : std::string();
}

/// Weight files that an index names, in alphabetical order. The names come from a file, so they may not leave the folder.
std::vector<fs::path> shardsOf(const fs::path &index)
{
    const nlohmann::json object = readJsonObject(index);
    const auto map = object.find("weight_map");
    if (map == object.end() || !map->is_object() || map->empty())
        throw Error(index.string() + " is damaged: it has no weight_map; fetch it again.");
    std::set<fs::path> files;
    for (const auto &[tensor, value] : map->items()) {
        const fs::path name = value.is_string() ? value.get<std::string>() : std::string();
        if (!isPlainName(name))
            throw Error(index.string() + " names " +
                        printable(value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)) +
                        " as a weight file, which is no plain file name; fetch it again.");
        files.insert(index.parent_path() / name);
    }
    for (const fs::path &file : files) {
        if (!isFile(file))
            throw Error(file.string() + " is missing, and " + index.string() + " says it holds weights; fetch it too.");
    }
    return {files.begin(), files.end()};
}

/// What stands before "bert." in all names, as "module." of a model that several GPUs trained; "" where the table of words
/// has no such name, or several have.
std::string prefixOf(const std::vector<std::unique_ptr<TensorFile>> &files)
{
    constexpr std::string_view words = "embeddings.word_embeddings.weight";
    std::set<std::string> prefixes;
    for (const auto &file : files)
        for (const TensorView &tensor : file->tensors())
            if (tensor.name.ends_with(words)) {
                std::string prefix = tensor.name.substr(0, tensor.name.size() - words.size());
                if (prefix.ends_with("bert."))
                    prefix.erase(prefix.size() - 5);
                prefixes.insert(prefix);
            }
    return prefixes.size() == 1 && prefixes.begin()->ends_with('.') ? *prefixes.begin() : std::string();
}

/// BertModel's name without prefix.
std::string canonicalName(std::string name, const std::string &prefix)
{
    if (name.starts_with(prefix))
        name.erase(0, prefix.size());
    if (name.starts_with("bert."))
        name.erase(0, 5);
    const auto replaceEnd = [&name](std::string_view legacy, std::string_view current) {
        if (name.ends_with(legacy))
            name.replace(name.size() - legacy.size(), legacy.size(), current);
    };
    replaceEnd("LayerNorm.gamma", "LayerNorm.weight");
    replaceEnd("LayerNorm.beta", "LayerNorm.bias");
    return name;
}

/// Pre-training and task heads, and a table that says no more than its length.
bool isIgnored(const std::string &name)
{
    return name.starts_with("cls.") || name.starts_with("classifier.") || name == "embeddings.position_ids";
}

struct Located {
    TensorView tensor; // under its canonical name
    const fs::path *file = nullptr;
};

void checkFits(const Located &found, const std::vector<std::int64_t> &shape, const fs::path &config)
{
    const TensorView &tensor = found.tensor;
    if (tensor.shape != shape)
        throw Error(found.file->string() + " has " + tensor.name + " in the shape " + toString(tensor.shape) + ", but " +
                    config.string() + " makes it " + toString(shape) +
                    "; use the config.json that belongs to these weights.");
    const bool floating = tensor.type == ElementType::Float64 || tensor.type == ElementType::Float32 ||
                          tensor.type == ElementType::Float16 || tensor.type == ElementType::BFloat16;
    if (!floating)
        throw Error(found.file->string() + " has " + tensor.name + " as " + toString(tensor.type) +
                    ", so it is quantised; use a checkpoint in float32, float16 or bfloat16.");
}

std::string partOf(const std::string &name)
{
    constexpr std::string_view layer = "encoder.layer.";
    if (name.starts_with(layer))
        return "layer " + name.substr(layer.size(), name.find('.', layer.size()) - layer.size());
    return name.substr(0, name.find('.'));
}

} // namespace

std::string suggestedName(const fs::path &folder)
{
    constexpr std::string_view cached = "models--"; // models--ORGANISATION--NAME/snapshots/HASH
    const std::string name = folder.filename().string();
    const bool isSnapshot = folder.parent_path().filename() == "snapshots";
    const std::string model = isSnapshot ? folder.parent_path().parent_path().filename().string() : name;
    return model.starts_with(cached) ? model.substr(model.rfind("--") + 2) : name;
}

fs::path modelFolder(const fs::path &folder)
{
    if (isFile(folder / "refs" / "main")) {
        std::string current = readFile(folder / "refs" / "main");
        current.erase(current.find_last_not_of(" \r\n") + 1);
        if (isPlainName(current) && isFile(folder / "snapshots" / current / "config.json"))
            return modelFolder(folder / "snapshots" / current);
    }
    if (!weightsIn(folder).empty())
        return folder;
    for (const std::string &name : {firstModule(folder), std::string("0_Transformer")})
        if (!name.empty() && isFile(folder / name / "config.json"))
            return folder / name;
    return folder;
}

ModelShape readShape(const fs::path &folder)
{
    return readConfig(requireConfig(modelFolder(folder)));
}

Checkpoint Checkpoint::open(const std::filesystem::path &folder)
{
    Checkpoint checkpoint;
    checkpoint.m_folder = modelFolder(folder);
    const fs::path config = requireConfig(checkpoint.m_folder);
    checkpoint.m_shape = readConfig(config);
    const fs::path weights = requireWeights(checkpoint.m_folder);
    checkpoint.m_weightFiles = weights.extension() == ".json" ? shardsOf(weights) : std::vector<fs::path>{weights};

    for (const fs::path &file : checkpoint.m_weightFiles)
        checkpoint.m_files.push_back(TensorFile::open(file));
    const std::string prefix = prefixOf(checkpoint.m_files);
    std::map<std::string, Located> found;
    for (std::size_t i = 0; i < checkpoint.m_files.size(); ++i) {
        const fs::path &file = checkpoint.m_weightFiles[i];
        for (TensorView tensor : checkpoint.m_files[i]->tensors()) {
            tensor.name = canonicalName(tensor.name, prefix);
            if (isIgnored(tensor.name))
                continue;
            if (!found.try_emplace(tensor.name, Located{tensor, &file}).second)
                throw Error(file.string() + " holds " + printable(tensor.name) +
                            " for a second time; remove one of the two, or fetch the checkpoint again.");
        }
    }
    for (const auto &[name, shape] : expectedTensors(checkpoint.m_shape)) {
        const auto entry = found.extract(name);
        if (entry.empty()) {
            checkpoint.m_missing.push_back(name);
            continue;
        }
        checkFits(entry.mapped(), shape, config);
        checkpoint.m_index[name] = checkpoint.m_tensors.size();
        checkpoint.m_tensors.push_back(entry.mapped().tensor);
    }
    if (checkpoint.m_tensors.empty())
        throw Error(weights.string() + " has no tensor with a name of BERT's" +
                    (found.empty() || found.begin()->first.empty() ? "" : ", but " + printable(found.begin()->first)) +
                    "; choose the weights of a BertModel.");
    for (const auto &[name, left] : found)
        checkpoint.m_unexpected.push_back(name);
    return checkpoint;
}

const TensorView *Checkpoint::find(const std::string &name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

std::vector<std::filesystem::path> Checkpoint::licenceFiles() const
{
    std::vector<fs::path> files;
    const bool nested = m_folder.filename() == "0_Transformer" || isFile(m_folder.parent_path() / "modules.json");
    // The licence lies beside the sub-folder then.
    for (const fs::path &folder : nested ? std::vector{m_folder, m_folder.parent_path()} : std::vector{m_folder}) {
        std::error_code error;
        for (const auto &entry : fs::directory_iterator(folder, error)) {
            std::string name = entry.path().filename().string();
            std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
            const bool isLicence = name.starts_with("LICENSE") || name.starts_with("LICENCE") || name.starts_with("NOTICE");
            if ((isLicence || name == "README.MD") && isFile(entry.path()))
                files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

void Checkpoint::release() const
{
    for (const auto &file : m_files)
        file->release();
}

void Checkpoint::requireUnchanged() const
{
    for (const auto &file : m_files)
        file->requireUnchanged();
}

std::string Checkpoint::sha256() const
{
    std::string hashes;
    for (const fs::path &file : m_weightFiles) {
        if (!hashes.empty())
            hashes += ' ';
        hashes += sha256OfFile(file);
    }
    return hashes;
}

std::vector<PartSize> partSizes(const Checkpoint &checkpoint)
{
    std::vector<PartSize> parts;
    for (const TensorView &tensor : checkpoint.tensors()) {
        const std::string part = partOf(tensor.name);
        if (parts.empty() || parts.back().part != part)
            parts.push_back({part});
        parts.back().parameters += tensor.elements();
        parts.back().bytes += static_cast<std::int64_t>(tensor.data.size());
    }
    return parts;
}

} // namespace awb
