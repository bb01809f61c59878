#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/model/kernels/product.h"

namespace awb {

/// A dense layer's weight as the fast path multiplies with it, forward (in, out) and backward (out, in), and its bias (out).
template <typename T>
struct DensePack {
    kernels::Packed<T> forward, backward;
    std::vector<float> bias;
};

/// The packed frozen weights of one checkpoint that runs computed side by side share, by the weight's name. A pack lives as
/// long as a run uses it. Safe to use from several threads.
class FrozenPacks {
public:
    /// The pack of that name; `fill` makes it where nobody has it yet.
    template <typename T, typename Fill>
    std::shared_ptr<DensePack<T>> get(const std::string &name, const Fill &fill)
    {
        const std::lock_guard guard(m_mutex);
        std::weak_ptr<DensePack<T>> &known = packs(static_cast<T *>(nullptr))[name];
        std::shared_ptr<DensePack<T>> pack = known.lock();
        if (!pack) {
            pack = std::make_shared<DensePack<T>>();
            fill(*pack);
            known = pack;
        }
        return pack;
    }

private:
    auto &packs(float *) { return m_float32; }
    auto &packs(kernels::BFloat16 *) { return m_bfloat16; }

    std::mutex m_mutex;
    std::map<std::string, std::weak_ptr<DensePack<float>>> m_float32;
    std::map<std::string, std::weak_ptr<DensePack<kernels::BFloat16>>> m_bfloat16;
};

} // namespace awb
