#include "core/store/zip.h"

#include <memory>
#include <vector>

#include <zip.h>

#include "core/error.h"
#include "core/files.h"

namespace awb {
namespace {

void unpackEntry(zip_t &zip, zip_uint64_t index, const std::filesystem::path &to, const std::string &archive)
{
    const auto damaged = [&] { return Error("The archive " + archive + " is damaged; get it again."); };
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t *)> entry(zip_fopen_index(&zip, index, 0), zip_fclose);
    if (!entry)
        throw damaged();
    createFolders(to.parent_path());
    AtomicFile out(to);
    std::vector<char> buffer(1 << 18);
    for (;;) {
        const zip_int64_t count = zip_fread(entry.get(), buffer.data(), buffer.size());
        if (count < 0)
            throw damaged(); // also a wrong checksum, which libzip compares at the end
        if (count == 0)
            break;
        out.write(buffer.data(), std::size_t(count));
    }
    out.commit();
}

} // namespace

void unpackZip(const std::filesystem::path &archive, const std::filesystem::path &folder,
               const std::function<std::string(const std::string &)> &place)
{
    const std::unique_ptr<zip_t, void (*)(zip_t *)> zip(zip_open(archive.c_str(), ZIP_RDONLY, nullptr), zip_discard);
    if (std::error_code ignored; !zip && !std::filesystem::is_regular_file(archive, ignored))
        throw Error("There is no file " + archive.string() + ".");
    if (!zip)
        throw Error("The archive " + archive.string() + " is no zip file or is cut short; get it again.");
    for (zip_int64_t i = 0; i < zip_get_num_entries(zip.get(), 0); ++i) {
        const char *name = zip_get_name(zip.get(), zip_uint64_t(i), ZIP_FL_ENC_GUESS);
        const std::string target = name ? place(name) : std::string();
        if (target.empty() || target.back() == '/')
            continue;
        const std::filesystem::path relative = std::filesystem::path(target).lexically_normal();
        if (relative.is_absolute() || relative.begin()->string() == "..")
            throw Error("The archive " + archive.string() + " wants to write outside its folder (" + target +
                        "); it was not unpacked.");
        unpackEntry(*zip, zip_uint64_t(i), folder / relative, archive.string());
    }
}

void packZip(const std::filesystem::path &folder, const std::filesystem::path &archive)
{
    const auto failed = [&](const std::string &why) {
        return Error("The archive " + archive.string() + " cannot be written: " + why + ".");
    };
    int code = 0;
    std::unique_ptr<zip_t, void (*)(zip_t *)> zip(zip_open(archive.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code), zip_discard);
    if (!zip) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        const std::string why = zip_error_strerror(&error);
        zip_error_fini(&error);
        throw failed(why);
    }
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file())
            continue;
        const std::string name = entry.path().lexically_relative(folder).generic_string();
        zip_source_t *source = zip_source_file(zip.get(), entry.path().c_str(), 0, -1);
        const zip_int64_t index = source ? zip_file_add(zip.get(), name.c_str(), source, ZIP_FL_ENC_UTF_8) : -1;
        if (index < 0)
            throw failed(zip_strerror(zip.get()));
        if (entry.path().extension() == ".safetensors") // random bits: packing them takes long and gains nothing
            zip_set_file_compression(zip.get(), zip_uint64_t(index), ZIP_CM_STORE, 0);
    }
    // Written beside the archive and renamed by libzip.
    if (zip_close(zip.get()) != 0)
        throw failed(zip_strerror(zip.get()));
    zip.release();
}

} // namespace awb
