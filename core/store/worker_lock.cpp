#include "core/store/worker_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/error.h"
#include "core/store/store.h"

namespace awb {

WorkerLock::WorkerLock(const std::filesystem::path &home) : m_file(home / "worker.lock")
{
    // Closed on exec: a child process that outlives us must not keep the lock.
    m_descriptor = ::open(m_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (m_descriptor < 0)
        throw Error("The lock file " + m_file.string() + " cannot be opened: " + std::strerror(errno) +
                    "; check the permissions of its folder.");
}

WorkerLock::~WorkerLock()
{
    ::close(m_descriptor);
}

bool WorkerLock::tryLock()
{
    while (!m_held && ::flock(m_descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno == EWOULDBLOCK)
            return false;
        throw Error("The file " + m_file.string() + " cannot be locked: " + std::strerror(errno) +
                    "; move the library to a disk that supports file locks.");
    }
    m_held = true;
    return true;
}

void WorkerLock::unlock()
{
    if (m_held)
        ::flock(m_descriptor, LOCK_UN);
    m_held = false;
}

void requeueOrphansOf(Store &store)
{
    try {
        WorkerLock lock(store.home());
        if (lock.tryLock())
            store.requeueOrphans();
    } catch (const Error &) { // is said where something is to be written
    }
}

} // namespace awb
