#pragma once

#include <cstddef>
#include <filesystem>

#include <unistd.h>

namespace awb {

/// A file descriptor that is closed at the end of its scope. Private to core's own file classes.
struct Descriptor {
    int value = -1;

    explicit Descriptor(int descriptor) : value(descriptor) {}
    ~Descriptor()
    {
        if (value >= 0)
            ::close(value);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
};

/// Opens a regular file for reading; `size` becomes its bytes. Throws Error naming the file.
int openForReading(const std::filesystem::path &file, std::size_t &size);

} // namespace awb
