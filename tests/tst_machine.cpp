#include <fstream>

#include <QTest>

#include "core/spec_json.h"
#include "core/store/machine_precision.h"
#include "core/store/memory_budget.h"
#include "core/train/precision.h"
#include "core/train/devices.h"
#include "library_fixture.h"

using namespace awb;
using namespace awb::test;

/// What the program finds out about the machine that it runs on.
class TestMachine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aRunComesBesideOthersOnlyWithHalfOfTheMemoryFree_data()
    {
        QTest::addColumn<QString>("files"); // file: content; ...
        QTest::addColumn<bool>("plenty");
        const QString half = "proc/meminfo:MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 500 kB\n";
        QTest::newRow("half of the machine's") << half << true;
        QTest::newRow("less") << "proc/meminfo:MemTotal: 1000 kB\nMemAvailable: 499 kB\n" << false;
        const QString two = half + ";sys/fs/cgroup/memory.max:%1;sys/fs/cgroup/memory.current:%2;"
                                   "sys/fs/cgroup/memory.stat:anon 5\ninactive_file %3\n";
        QTest::newRow("no limit") << two.arg("max", "900000", "0") << true;
        QTest::newRow("far from the limit") << two.arg("800000", "400000", "0") << true;
        QTest::newRow("near the limit") << two.arg("800000", "400001", "0") << false;
        QTest::newRow("files that can be dropped") << two.arg("800000", "700000", "300000") << true;
        const QString one = half + ";sys/fs/cgroup/memory/memory.limit_in_bytes:%1;"
                                   "sys/fs/cgroup/memory/memory.usage_in_bytes:%2;"
                                   "sys/fs/cgroup/memory/memory.stat:cache 5\ntotal_inactive_file %3\n";
        QTest::newRow("version 1, far") << one.arg("9223372036854771712", "900000", "0") << true;
        QTest::newRow("version 1, near") << one.arg("800000", "700000", "10") << false;
    }
    void aRunComesBesideOthersOnlyWithHalfOfTheMemoryFree()
    {
        QFETCH(QString, files);
        QFETCH(bool, plenty);
        QTemporaryDir root;
        for (const QString &file : files.split(';')) {
            const auto path = pathOf(root) / file.section(':', 0, 0).toStdString();
            std::filesystem::create_directories(path.parent_path());
            std::ofstream(path) << file.section(':', 1).toStdString();
        }
        QCOMPARE(memoryIsPlenty(pathOf(root)), plenty);
    }

    void theFasterPrecisionIsMeasuredOnceAndRemembered()
    {
        QTemporaryDir home;
        const std::string name = "fastest precision of " + devices().front().description;
        {
            Store store(pathOf(home));
            QVERIFY(!store.remembered(name));
            QVERIFY(machinePrecision(store, "cpu") == fastestPrecision("cpu"));
            QCOMPARE(store.remembered(name).value(), toString(fastestPrecision("cpu")));
        }
        Store store(pathOf(home)); // the next start
        for (const Precision precision : {Precision::Float32, Precision::BFloat16}) {
            store.remember(name, toString(precision));
            QVERIFY(machinePrecision(store, "cpu") == precision);
        }
        QVERIFY(machinePrecision(store, "cuda:0") == Precision::BFloat16);
    }
};

QTEST_GUILESS_MAIN(TestMachine)
#include "tst_machine.moc"
