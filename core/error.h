#pragma once

#include <stdexcept>
#include <string>

namespace awb {

/// The one exception of the workbench. Its text is a sentence for the user: what went wrong, in which file, what to do.
/// Caught once per border: the worker thread, the command line's main, the window.
class Error : public std::runtime_error {
public:
    explicit Error(const std::string &sentence) : std::runtime_error(sentence) {}
};

/// Thrown when a stop token was seen; not a failure. The state on disk is complete.
class Stopped : public std::runtime_error {
public:
    Stopped() : std::runtime_error("Stopped on request.") {}
};

} // namespace awb
