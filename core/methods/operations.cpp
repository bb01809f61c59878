#include "core/methods/operations.h"

#include <string>

#include "core/methods/parameters.h"

namespace awb {

namespace {

/// Walks the model from the embeddings to the head, as its products are computed.
class Walk {
public:
    Walk(const ModelShape &shape, const Workload &work)
        : m_work(work), m_lastLayer("encoder.layer." + std::to_string(shape.layers - 1) + "."), m_hidden(shape.hidden)
    {
    }

    void pass(const Parameter &parameter)
    {
        const std::string &name = parameter.name;
        const bool last = name.starts_with(m_lastLayer);
        if (name.ends_with("attention.self.query.weight"))
            m_belowAttention = m_trainedBelow;
        if (name.ends_with("attention.output.dense.weight"))
            attend(last);
        const bool inAttention = name.find("attention.self.") != name.npos;
        if (parameter.shape.size() == 2 && !name.starts_with("embeddings."))
            multiply(parameter, rowsOf(name, last), inAttention ? m_belowAttention : m_trainedBelow);
        m_trainedBelow = m_trainedBelow || parameter.trained;
    }

    Operations sum;

private:
    std::int64_t rowsOf(const std::string &name, bool last) const
    {
        if (!name.starts_with("encoder."))
            return m_work.examples; // the head
        const bool ofAllTokens = name.ends_with("self.key.weight") || name.ends_with("self.value.weight");
        return last && !ofAllTokens ? m_work.examples : m_work.tokens;
    }

    void multiply(const Parameter &weight, std::int64_t rows, bool inputGradient)
    {
        const std::int64_t once = 2 * rows * weight.elements();
        sum.forward += once;
        sum.backward += once * (int(inputGradient) + int(weight.trained));
    }

    /// Queries by keys and probabilities by values; two products each in the backward pass.
    void attend(bool last)
    {
        const std::int64_t once = 2 * 2 * (last ? m_work.tokens : m_work.pairs) * m_hidden;
        sum.forward += once;
        sum.backward += m_trainedBelow ? 2 * once : 0;
    }

    Workload m_work;
    std::string m_lastLayer;
    std::int64_t m_hidden;
    bool m_trainedBelow = false;   ///< a tensor that comes before is trained, so gradients go down to it
    bool m_belowAttention = false; ///< the same where the layer's queries, keys and values begin
};

} // namespace

Operations productOperations(const ModelShape &shape, const Method &method, int outputs, const Workload &work)
{
    Walk walk(shape, work);
    for (const Parameter &parameter : parameterTable(shape, method, outputs))
        walk.pass(parameter);
    return walk.sum;
}

} // namespace awb
