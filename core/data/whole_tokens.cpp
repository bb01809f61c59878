#include "core/data/whole_tokens.h"

#include <algorithm>

namespace awb {

WholeTokens::WholeTokens(std::vector<std::pair<std::string, std::int32_t>> tokens) : m_tokens(std::move(tokens))
{
    std::stable_sort(m_tokens.begin(), m_tokens.end(),
                     [](const auto &a, const auto &b) { return a.first.size() > b.first.size(); });
    for (const auto &[text, id] : m_tokens) {
        m_ids.try_emplace(text, id);
        auto &sizes = m_sizes[static_cast<unsigned char>(text.front())];
        if (sizes.empty() || sizes.back() != text.size())
            sizes.push_back(text.size());
    }
}

std::optional<WholeTokens::Found> WholeTokens::find(std::string_view utf8, std::size_t from) const
{
    for (std::size_t at = from; at < utf8.size(); ++at)
        for (const std::size_t size : m_sizes[static_cast<unsigned char>(utf8[at])]) {
            if (size > utf8.size() - at)
                continue;
            if (const auto token = m_ids.find(utf8.substr(at, size)); token != m_ids.end())
                return Found{at, size, token->second};
        }
    return std::nullopt;
}

std::string WholeTokens::description() const
{
    std::string text;
    for (const auto &[token, id] : m_tokens)
        text += token + ' ' + std::to_string(id) + '\n';
    return text;
}

} // namespace awb
