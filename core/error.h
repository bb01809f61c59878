#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace awb {

/// The one exception of the workbench. Its text is a sentence for the user: what went wrong, in which file, what to do.
/// Caught once per border: the worker thread, the command line's main, the window.
class Error : public std::runtime_error {
public:
    explicit Error(const std::string &sentence) : std::runtime_error(sentence) {}
};

/// Thrown when a stop token was seen; not a failure. What is on disk is complete, though maybe of an earlier step.
class Stopped : public std::runtime_error {
public:
    /// `loss`: a sentence about what could not be kept; empty: all of it was.
    explicit Stopped(std::string loss = {}) : std::runtime_error("Stopped on request."), m_loss(std::move(loss)) {}
    const std::string &loss() const { return m_loss; }

private:
    std::string m_loss;
};

} // namespace awb
