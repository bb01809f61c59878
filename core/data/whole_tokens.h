#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace awb {

/// For maps with texts as keys that are looked up by a part of another text.
struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
};
using TextIds = std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>>;

/// Tokens that are never cut. In a text the leftmost is found first, and the longest of those that start there.
class WholeTokens {
public:
    struct Found {
        std::size_t at = 0, size = 0; ///< bytes
        std::int32_t id = 0;
    };

    WholeTokens() = default;
    /// None may be empty; of equal ones the first counts.
    explicit WholeTokens(std::vector<std::pair<std::string, std::int32_t>> tokens);

    bool empty() const { return m_tokens.empty(); }
    /// The first token at byte `from` or after it.
    std::optional<Found> find(std::string_view utf8, std::size_t from) const;
    /// Every token and its id on a line of its own, the longest first.
    std::string description() const;

private:
    std::vector<std::pair<std::string, std::int32_t>> m_tokens; ///< longest first
    TextIds m_ids;
    std::array<std::vector<std::size_t>, 256> m_sizes; ///< of the tokens with this first byte, in bytes, longest first
};

} // namespace awb
