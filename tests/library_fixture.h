#pragma once

#include <filesystem>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>

#include "core/store/store.h"
#include "core/types.h"

/// Small helpers for tests that use a library.
namespace awb::test {

inline std::filesystem::path pathOf(const QTemporaryDir &folder)
{
    return folder.path().toStdString();
}

inline TrainSpec someSpec(std::uint64_t seed = 0)
{
    TrainSpec spec;
    spec.checkpoint = "tiny";
    spec.dataset = "tweets";
    spec.method = {"adapter", 64, std::vector<LayerSites>(12), "gelu_new", {"*.adapter.*", "*.LayerNorm.*", "classifier.*"}};
    spec.seed = seed;
    return spec;
}

inline RunState stateOf(const Store &store, std::int64_t id)
{
    return store.run(id).value().state;
}

/// The run as its training would leave it.
inline Run finished(Run run, double score)
{
    run.score = score;
    run.metric = "accuracy";
    run.trainable = 605954;
    run.total = 110000000;
    run.trainedTables = 23837184;
    run.layers = 12;
    run.weights = "runs/" + std::to_string(run.id) + "/adapter.safetensors";
    run.provenance = {"0.1.0", "2.13.0", "cpu", "plain", 2, "aa", "bb", 12.5, 3.5, 112, 1 << 30, 0.0015, 2};
    return run;
}

/// Runs `f` in a child process and returns its exit status; 99: `f` threw something.
inline int inChild(const std::function<int()> &f)
{
    const pid_t child = ::fork();
    if (child == 0) {
        int status = 99;
        try {
            status = f();
        } catch (...) {
        }
        ::_exit(status);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace awb::test
