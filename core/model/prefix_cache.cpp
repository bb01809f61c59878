#include "core/model/prefix_cache.h"

#include <cstring>

namespace awb {

PrefixCache::PrefixCache(const std::vector<std::int64_t> &rows, std::size_t rowBytes) : m_known(rows.size(), 0)
{
    for (const std::int64_t count : rows)
        m_offsets.push_back(m_offsets.back() + std::size_t(count) * rowBytes);
    m_data = std::make_unique_for_overwrite<std::byte[]>(bytes());
}

void PrefixCache::remember(int example, const std::byte *rows)
{
    const auto i = std::size_t(example);
    std::memcpy(m_data.get() + m_offsets[i], rows, m_offsets[i + 1] - m_offsets[i]);
    m_known[i] = 1;
}

} // namespace awb
