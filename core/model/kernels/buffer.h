#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace awb::kernels {

/// Memory of a workspace: aligned to a cache line, zeroed when it grows, never shrinks. For plain number types.
template <typename T>
class Buffer {
public:
    T *data() { return m_data.get(); }
    const T *data() const { return m_data.get(); }

    /// At least `size` elements; the contents are lost (zero) when it grows.
    void reserve(std::size_t size)
    {
        if (size <= m_size)
            return;
        m_data.reset(static_cast<T *>(::operator new(size * sizeof(T), alignment)));
        std::memset(static_cast<void *>(m_data.get()), 0, size * sizeof(T));
        m_size = size;
    }
    std::size_t size() const { return m_size; }

private:
    static constexpr std::align_val_t alignment{64};
    struct Free {
        void operator()(T *data) const { ::operator delete(data, alignment); }
    };
    std::unique_ptr<T, Free> m_data;
    std::size_t m_size = 0;
};

} // namespace awb::kernels
