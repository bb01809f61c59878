#include "core/model/checkpoint.h"

#include "core/error.h"
#include "core/files.h"
#include "core/methods/parameters.h"
#include "core/model/json_object.h"
#include "core/model/safetensors_types.h"

namespace awb {

nlohmann::json readJsonObject(const std::filesystem::path &file)
{
    constexpr std::uintmax_t largest = 100'000'000; // bytes; the index of a large model has some 100,000
    std::error_code error;
    if (const auto size = std::filesystem::file_size(file, error); !error && size > largest)
        throw Error(file.string() + " is too large to be a description of a model; choose a Hugging Face BERT folder.");
    try {
        auto object = nlohmann::json::parse(readFile(file));
        if (object.is_object())
            return object;
    } catch (const nlohmann::json::exception &) {
    }
    throw Error(file.string() + " is damaged: it is not a JSON object; fetch it again.");
}

namespace {

using nlohmann::json;

/// Values of one config.json, with its limits.
class Config {
public:
    explicit Config(const std::filesystem::path &file) : m_file(file), m_values(readJsonObject(file)) {}

    [[noreturn]] void refuse(const std::string &key, const std::string &reason) const
    {
        throw Error(m_file.string() + ": " + key + " " + reason + ".");
    }

    bool has(const char *key) const { return m_values.contains(key) && !m_values[key].is_null(); }

    int integer(const char *key, int largest) const
    {
        if (!has(key))
            refuse(key,
                   "is missing; it is needed to build the model, so choose the config.json that belongs to the weights");
        const json &value = m_values[key];
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() < 1 ||
            value.get<std::uint64_t>() > std::uint64_t(largest))
            refuse(key, "should be a whole number from 1 to " + std::to_string(largest));
        return value.get<int>();
    }

    int integerOr(const char *key, int largest, int otherwise) const { return has(key) ? integer(key, largest) : otherwise; }

    double numberOr(const char *key, double smallest, double largest, double otherwise) const
    {
        if (!has(key))
            return otherwise;
        const json &value = m_values[key];
        if (!value.is_number() || !(value.get<double>() >= smallest && value.get<double>() <= largest))
            refuse(key, "should be a number from " + json(smallest).dump() + " to " + json(largest).dump());
        return value.get<double>();
    }

    std::string textOr(const char *key, const std::string &otherwise) const
    {
        if (!has(key))
            return otherwise;
        if (!m_values[key].is_string())
            refuse(key, "should be a string");
        return m_values[key].get<std::string>();
    }

    bool isTrue(const char *key) const { return has(key) && m_values[key] == true; }

    /// The first of "architectures"; empty where there is none.
    std::string architecture() const
    {
        if (!has("architectures") || !m_values["architectures"].is_array() || m_values["architectures"].empty() ||
            !m_values["architectures"][0].is_string())
            return {};
        return m_values["architectures"][0].get<std::string>();
    }

private:
    std::filesystem::path m_file;
    json m_values;
};

/// Other models of the library have the same keys and different arithmetic.
void requireBert(const Config &config)
{
    const std::string type = config.textOr("model_type", ""), architecture = config.architecture();
    if (!type.empty() && type != "bert")
        config.refuse("model_type", "is " + printable(type) + ", and only bert is supported; choose a BERT checkpoint");
    if (type.empty() && !architecture.empty() && !architecture.starts_with("Bert"))
        config.refuse("architectures",
                      "names " + printable(architecture) + ", and only BERT is supported; choose a BERT checkpoint");
    if (config.isTrue("is_decoder"))
        config.refuse("is_decoder", "is true, and only encoders are supported; choose a BERT checkpoint that is no decoder");
    const std::string positions = config.textOr("position_embedding_type", "absolute");
    if (positions != "absolute")
        config.refuse("position_embedding_type",
                      "is " + printable(positions) + ", and only absolute is supported; choose another checkpoint");
}

std::string activation(const Config &config)
{
    const std::string name = config.textOr("hidden_act", "gelu");
    if (name == "gelu_pytorch_tanh") // the same function as gelu_new
        return "gelu_new";
    if (name != "gelu" && name != "gelu_new" && name != "relu")
        config.refuse("hidden_act", "is " + printable(name) +
                                        ", and only gelu, gelu_new and relu are supported; choose another checkpoint");
    return name;
}

} // namespace

ModelShape readConfig(const std::filesystem::path &file)
{
    const Config config(file);
    requireBert(config);
    ModelShape shape;
    shape.layers = config.integer("num_hidden_layers", 1024);
    shape.hidden = config.integer("hidden_size", 1 << 16);
    shape.heads = config.integer("num_attention_heads", 1 << 16);
    shape.feedForward = config.integer("intermediate_size", 1 << 20);
    shape.vocabulary = config.integer("vocab_size", 1 << 24);
    shape.positions = config.integer("max_position_embeddings", 1 << 20);
    shape.segments = config.integerOr("type_vocab_size", 1 << 10, 2);
    shape.activation = activation(config);
    shape.layerNormEps = config.numberOr("layer_norm_eps", 0, 1, 1e-12);
    shape.hiddenDropout = config.numberOr("hidden_dropout_prob", 0, 1, 0.1);
    shape.attentionDropout = config.numberOr("attention_probs_dropout_prob", 0, 1, 0.1);
    if (shape.hidden % shape.heads != 0)
        config.refuse("hidden_size",
                      "is " + std::to_string(shape.hidden) + ", which " + std::to_string(shape.heads) +
                          " heads (num_attention_heads) do not divide; choose the config.json that belongs to the weights");
    return shape;
}

std::vector<std::pair<std::string, std::vector<std::int64_t>>> expectedTensors(const ModelShape &shape)
{
    std::vector<std::pair<std::string, std::vector<std::int64_t>>> all;
    for (Parameter &parameter : parameterTable(shape, {}, 1))
        if (!parameter.name.starts_with("classifier."))
            all.emplace_back(std::move(parameter.name), std::move(parameter.shape));
    return all;
}

} // namespace awb
