#include <csignal>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/error.h"
#include "core/files.h"
#include "core/mapped_file.h"

using namespace awb;
namespace fs = std::filesystem;

class TestFiles : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    fs::path path(const char *name) const { return fs::path(m_folder.path().toStdString()) / name; }

    static std::size_t filesIn(const fs::path &folder)
    {
        return std::size_t(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
    }

    static void refusesAsChanged(const MappedFile &mapped, const char *says)
    {
        try {
            mapped.requireUnchanged();
            QFAIL("accepted");
        } catch (const Error &error) {
            QVERIFY2(std::string(error.what()).find(says) != std::string::npos, error.what());
        }
    }

private Q_SLOTS:
    void hashesKnownContent()
    {
        writeFileAtomically(path("empty"), "");
        QCOMPARE(sha256OfFile(path("empty")),
                 std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        writeFileAtomically(path("abc"), "abc");
        QCOMPARE(sha256OfFile(path("abc")), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        // A million times 'a' (FIPS 180-2), longer than one read.
        writeFileAtomically(path("million"), std::string(1000000, 'a'));
        QCOMPARE(sha256OfFile(path("million")),
                 std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    }

    void readsBackWhatWasWritten()
    {
        const std::string bytes("zero \0 and \xff and\r\n", 18);
        writeFileAtomically(path("bytes"), bytes);
        QCOMPARE(readFile(path("bytes")), bytes);
        const MappedFile mapped(path("bytes"));
        QCOMPARE(std::string(mapped.text()), bytes);
    }

    void emptyFileMapsToNoBytes()
    {
        writeFileAtomically(path("nothing"), "");
        QCOMPARE(MappedFile(path("nothing")).size(), std::size_t(0));
    }

    void missingFilesAndFoldersAreNamed()
    {
        for (const fs::path &file : {path("missing"), fs::path(m_folder.path().toStdString())}) {
            int named = 0;
            const auto check = [&](auto read) {
                try {
                    read();
                } catch (const Error &error) {
                    named += std::string(error.what()).find(file.string()) != std::string::npos;
                }
            };
            check([&] { readFile(file); });
            check([&] { sha256OfFile(file); });
            check([&] { MappedFile mapped(file); });
            QCOMPARE(named, 3);
        }
    }

    void aPieceWiseWrittenFileAppearsAtCommitOnly()
    {
        AtomicFile out(path("pieces"));
        out.write("one ");
        QVERIFY(!fs::exists(path("pieces")));
        out.write("two");
        out.commit();
        QCOMPARE(readFile(path("pieces")), std::string("one two"));
    }

    void anAbandonedFileLeavesNothing()
    {
        fs::create_directory(path("abandoned"));
        {
            AtomicFile out(path("abandoned") / "file");
            out.write("half");
        }
        QCOMPARE(filesIn(path("abandoned")), std::size_t(0));
    }

    void aFailedWriteKeepsTheOldFileAndRemovesItsOwn()
    {
        fs::create_directory(path("full"));
        const fs::path file = path("full") / "weights";
        writeFileAtomically(file, "precious");
        const pid_t child = ::fork();
        if (child == 0) { // a disk on which no file may grow over 4 KiB
            std::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit = {4096, 4096};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            try {
                writeFileAtomically(file, std::string(100000, 'x'));
            } catch (const Error &error) {
                ::_exit(std::string(error.what()).find("weights") != std::string::npos ? 42 : 1);
            }
            ::_exit(2);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        QCOMPARE(WEXITSTATUS(status), 42);
        QCOMPARE(readFile(file), std::string("precious"));
        QCOMPARE(filesIn(path("full")), std::size_t(1));
    }

    void aFileCutOffWhileItIsMappedIsNamed()
    {
        writeFileAtomically(path("cut"), std::string(5 * 4096 + 100, 'x'));
        const MappedFile before(path("cut")), mapped(path("cut"));
        mapped.requireUnchanged();
        fs::resize_file(path("cut"), 4096 + 100);
        QCOMPARE(mapped.text()[4096], 'x');
        QCOMPARE(mapped.text()[2 * 4096], '\0'); // gone, and the program goes on
        QCOMPARE(mapped.text()[5 * 4096 + 99], '\0');
        refusesAsChanged(mapped, "cut off or lost");
        refusesAsChanged(before, "written to"); // nothing was read of it
        const MappedFile after(path("cut"));
        after.requireUnchanged();
        QCOMPARE(after.size(), std::size_t(4096 + 100));
    }

    void aFileOverwrittenWhileItIsMappedIsNamed()
    {
        writeFileAtomically(path("overwritten"), "first");
        const MappedFile mapped(path("overwritten"));
        QTest::qSleep(20); // more than the file system's clock takes for a step
        std::ofstream(path("overwritten"), std::ios::in | std::ios::out) << "other";
        refusesAsChanged(mapped, "written to");

        writeFileAtomically(path("replaced"), "first");
        const MappedFile old(path("replaced"));
        QTest::qSleep(20);
        writeFileAtomically(path("replaced"), "other");
        old.requireUnchanged();
        fs::remove(path("replaced"));
        old.requireUnchanged();
        QCOMPARE(std::string(old.text()), std::string("first"));
    }

    void othersLostPagesStillEndTheProgram()
    {
        writeFileAtomically(path("foreign"), std::string(8192, 'x'));
        const pid_t child = ::fork();
        if (child == 0) {
            const MappedFile guarded(path("foreign"));
            const int in = ::open(path("foreign").c_str(), O_RDONLY);
            const auto *bytes = static_cast<const volatile char *>(::mmap(nullptr, 8192, PROT_READ, MAP_SHARED, in, 0));
            fs::resize_file(path("foreign"), 1);
            const rlimit noCore = {0, 0};
            ::setrlimit(RLIMIT_CORE, &noCore);
            ::_exit(bytes[4096]);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        QVERIFY(WIFSIGNALED(status));
        QCOMPARE(WTERMSIG(status), SIGBUS);
    }

    void aFolderThatIsNotThereIsNamed() { QVERIFY_THROWS_EXCEPTION(Error, writeFileAtomically(path("no/such/file"), "x")); }
};

QTEST_APPLESS_MAIN(TestFiles)
#include "tst_files.moc"
