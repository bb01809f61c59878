#include "core/files.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "core/descriptor.h"
#include "core/error.h"

namespace awb {

namespace {

std::string reason(int error)
{
    return std::strerror(error);
}

/// Bytes read into `buffer`, fewer than asked for only at the end of the file.
std::size_t readFully(const Descriptor &in, char *buffer, std::size_t bytes, const std::filesystem::path &file)
{
    std::size_t done = 0;
    while (done < bytes) {
        const ssize_t n = ::read(in.value, buffer + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw Error("Cannot read " + file.string() + ": " + reason(errno) + ".");
        if (n == 0)
            break;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

std::string hexadecimal(const unsigned char *bytes, std::size_t count)
{
    static const char digits[] = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

std::filesystem::path folderOf(const std::filesystem::path &file)
{
    return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

} // namespace

int openForReading(const std::filesystem::path &file, std::size_t &size)
{
    // Without waiting: a pipe would not open before its other end does.
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        throw Error("Cannot read " + file.string() + ": " + reason(errno) + ".");
    struct stat status = {};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(descriptor);
        throw Error("Cannot read " + file.string() + ": it is not a file.");
    }
    size = static_cast<std::size_t>(status.st_size);
    return descriptor;
}

std::string sha256OfFile(const std::filesystem::path &file)
{
    std::size_t size = 0;
    const Descriptor in(openForReading(file, size));
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
    std::string buffer(std::size_t(1) << 20, '\0');
    while (good) {
        const std::size_t n = readFully(in, buffer.data(), buffer.size(), file);
        good = EVP_DigestUpdate(context.get(), buffer.data(), n) == 1;
        if (n < buffer.size())
            break;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
    unsigned int length = 0;
    if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1)
        throw Error("Cannot compute the SHA-256 of " + file.string() + ": OpenSSL does not provide it.");
    return hexadecimal(digest.data(), length);
}

std::string readFile(const std::filesystem::path &file)
{
    std::size_t size = 0;
    const Descriptor in(openForReading(file, size));
    std::string content(size, '\0');
    content.resize(readFully(in, content.data(), size, file));
    return content;
}

void createFolders(const std::filesystem::path &folder)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        throw Error("The folder " + folder.string() + " cannot be created: " + error.message() +
                    "; check its permissions and the free space.");
}

void writeFileAtomically(const std::filesystem::path &file, std::string_view content)
{
    AtomicFile out(file);
    out.write(content);
    out.commit();
}

AtomicFile::AtomicFile(std::filesystem::path file) : m_file(std::move(file))
{
    // A name of its own per writer, so that two writers of one file never share a temporary one.
    static std::atomic<unsigned> counter = 0;
    do {
        m_temporary = m_file;
        m_temporary += '.' + std::to_string(::getpid()) + '.' + std::to_string(counter++) + ".part";
        m_descriptor = ::open(m_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (m_descriptor < 0 && errno == EEXIST);
    if (m_descriptor < 0) {
        m_temporary.clear();
        fail(errno);
    }
}

AtomicFile::~AtomicFile()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
    if (!m_temporary.empty())
        ::unlink(m_temporary.c_str());
}

void AtomicFile::fail(int error)
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
    m_descriptor = -1;
    if (!m_temporary.empty())
        ::unlink(m_temporary.c_str());
    m_temporary.clear();
    std::string sentence = "Cannot write " + m_file.string() + ": " + reason(error);
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        sentence += "; free some space and try again";
    else if (error == EACCES || error == EROFS || error == EPERM)
        sentence += "; check the permissions of the folder";
    throw Error(sentence + ".");
}

void AtomicFile::write(const void *data, std::size_t bytes)
{
    if (m_descriptor < 0)
        fail(EBADF);
    const char *next = static_cast<const char *>(data);
    while (bytes > 0) {
        // One call writes at most about 2 GB.
        const ssize_t n = ::write(m_descriptor, next, std::min(bytes, std::size_t(1) << 30));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail(errno);
        next += n;
        bytes -= static_cast<std::size_t>(n);
    }
}

void AtomicFile::commit()
{
    if (m_descriptor < 0)
        fail(EBADF);
    if (::fsync(m_descriptor) != 0)
        fail(errno);
    const int descriptor = m_descriptor;
    m_descriptor = -1;
    if (::close(descriptor) != 0)
        fail(errno);
    if (::rename(m_temporary.c_str(), m_file.c_str()) != 0)
        fail(errno);
    m_temporary.clear();
    // The new name is durable when its folder is. Some file systems cannot sync a folder; the file itself is safe then.
    const Descriptor folder(::open(folderOf(m_file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.value >= 0)
        ::fsync(folder.value);
}

} // namespace awb
