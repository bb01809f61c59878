#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace awb {

/// What the frozen layers below the lowest trained one make of the examples of one part (train, dev), kept from one pass
/// over them to the next: it is the same each time, since nothing below is trained and dropout is off there.
/// Filled by whoever computes an example first. Different examples may be written by different threads at the same time.
class PrefixCache {
public:
    /// rows[i]: rows kept of example i, rowBytes each. Memory is taken as it is filled.
    PrefixCache(const std::vector<std::int64_t> &rows, std::size_t rowBytes);

    bool knows(int example) const { return m_known[std::size_t(example)]; }
    /// The rows of a known example.
    const std::byte *rows(int example) const { return m_data.get() + m_offsets[std::size_t(example)]; }
    /// Copies the rows of an example.
    void remember(int example, const std::byte *rows);

    std::size_t bytes() const { return m_offsets.back(); } ///< when all are known

private:
    std::vector<std::size_t> m_offsets{0}; ///< (examples + 1) in bytes
    std::vector<std::uint8_t> m_known;     ///< (examples); bytes, so that threads do not share one
    std::unique_ptr<std::byte[]> m_data;
};

} // namespace awb
