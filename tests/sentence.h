#pragma once

#include <functional>
#include <string>

#include "core/error.h"

namespace awb::test {

/// The sentence that `action` throws; empty when it throws none.
inline std::string sentenceOf(const std::function<void()> &action)
{
    try {
        action();
    } catch (const Error &error) {
        return error.what();
    }
    return {};
}

} // namespace awb::test
