#include "core/mapped_file.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include <sys/mman.h>
#include <sys/stat.h>

#include "core/error.h"

namespace awb {

namespace {

// Reading a page that a mapped file does not have any more raises SIGBUS, which would end the program and all its runs. The
// page is filled with zeros instead, and the mapping remembers that it was.
struct Guarded {
    std::atomic<bool> taken = false;
    std::atomic<std::uintptr_t> begin = 0, end = 0; ///< addresses; both 0: none
    std::atomic<bool> lost = false;
};

// More files than a program has mapped at a time; what is beyond is not guarded.
std::array<Guarded, 1024> guarded;

/// Runs inside the signal: system calls and lock-free atomics alone.
void fillLostPages(int signal, siginfo_t *about, void *)
{
    static_assert(std::atomic<std::uintptr_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);
    const auto address = reinterpret_cast<std::uintptr_t>(about->si_addr);
    for (Guarded &one : guarded) {
        const std::uintptr_t begin = one.begin, end = one.end;
        if (address < begin || address >= end || begin != one.begin) // the last: the entry is another's meanwhile
            continue;
        const std::uintptr_t page = address - address % std::uintptr_t(::getpagesize());
        if (::mmap(reinterpret_cast<void *>(page), end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
            MAP_FAILED)
            break;
        one.lost = true;
        return;
    }
    std::signal(signal, SIG_DFL); // not ours: what failed is tried again and ends the program
}

int guard(const std::byte *data, std::size_t size)
{
    static const int installed = [] {
        struct sigaction action = {};
        action.sa_sigaction = fillLostPages;
        action.sa_flags = SA_SIGINFO;
        return ::sigaction(SIGBUS, &action, nullptr);
    }();
    for (std::size_t i = 0; installed == 0 && i < guarded.size(); ++i) {
        Guarded &one = guarded[i];
        if (one.taken.exchange(true))
            continue;
        one.lost = false;
        one.begin = reinterpret_cast<std::uintptr_t>(data);
        one.end = reinterpret_cast<std::uintptr_t>(data) + size;
        return int(i);
    }
    return -1;
}

void unguard(int index)
{
    Guarded &one = guarded[std::size_t(index)];
    one.end = 0;
    one.begin = 0;
    one.taken = false;
}

} // namespace

MappedFile::MappedFile(const std::filesystem::path &file) : m_file(file), m_in(openForReading(file, m_size))
{
    struct stat status = {};
    if (::fstat(m_in.value, &status) != 0)
        throw Error("Cannot read " + file.string() + ": " + std::strerror(errno) + ".");
    m_written = status.st_mtim;
    m_size = std::size_t(status.st_size);
    if (m_size == 0)
        return;
    void *address = ::mmap(nullptr, m_size, PROT_READ, MAP_PRIVATE, m_in.value, 0);
    if (address == MAP_FAILED)
        throw Error("Cannot map " + file.string() + " into memory: " + std::strerror(errno) + ".");
    m_data = static_cast<const std::byte *>(address);
    m_guard = guard(m_data, m_size);
}

void MappedFile::release() const
{
    if (m_data)
        ::madvise(const_cast<std::byte *>(m_data), m_size, MADV_DONTNEED);
}

void MappedFile::requireUnchanged() const
{
    struct stat now = {};
    if (::fstat(m_in.value, &now) != 0 || (m_guard >= 0 && guarded[std::size_t(m_guard)].lost))
        throw Error(m_file.string() +
                    " was cut off or lost while it was read; check the file and its drive, then try again.");
    if (std::size_t(now.st_size) != m_size || now.st_mtim.tv_sec != m_written.tv_sec ||
        now.st_mtim.tv_nsec != m_written.tv_nsec)
        throw Error(m_file.string() + " was written to while it was read; try again when it is whole.");
}

MappedFile::~MappedFile()
{
    if (m_guard >= 0)
        unguard(m_guard);
    if (m_data)
        ::munmap(const_cast<std::byte *>(m_data), m_size);
}

} // namespace awb
