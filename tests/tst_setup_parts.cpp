#include <QtTest>

#include <QCheckBox>
#include <QSlider>
#include <QSpinBox>
#include <QStyleOptionButton>

#include "ui/bottleneck_slider.h"
#include "ui/model_stack.h"
#include "ui/number_field.h"
#include "ui/theme.h"
#include "tests/model_shapes.h"

using namespace awb;
using namespace awb::test;

class SetupPartsTest : public QObject {
    Q_OBJECT

private slots:
    void arrowsOnTheSliderGoToTheNextPower()
    {
        BottleneckSlider bottleneck;
        auto *slider = bottleneck.findChild<QSlider *>("bottleneckSlider");
        auto *spin = bottleneck.findChild<QSpinBox *>("bottleneckSpin");
        QSignalSpy changed(&bottleneck, &BottleneckSlider::valueChanged);
        QCOMPARE(spin->value(), 64);
        QTest::keyClick(slider, Qt::Key_Right);
        QCOMPARE(spin->value(), 128);
        QCOMPARE(changed.takeLast().first().toInt(), 128);
        QTest::keyClick(slider, Qt::Key_Down);
        QTest::keyClick(slider, Qt::Key_Left);
        QCOMPARE(bottleneck.value(), 32);
        QTest::keyClick(slider, Qt::Key_Home);
        QCOMPARE(bottleneck.value(), 1);
        QTest::keyClick(slider, Qt::Key_Left);
        QCOMPARE(bottleneck.value(), 1);
        QTest::keyClick(slider, Qt::Key_End);
        QTest::keyClick(slider, Qt::Key_Right);
        QCOMPARE(bottleneck.value(), 512);
    }

    void aBoxToTickIsSeenInTheDarkTheme()
    {
        for (const char *name : {"dark", "light"}) {
            theme::apply(*qApp, QString::fromLatin1(name));
            QCheckBox box;
            box.resize(box.sizeHint());
            QStyleOptionButton option;
            option.initFrom(&box);
            const QRect square = box.style()->subElementRect(QStyle::SE_CheckBoxIndicator, &option, &box);
            const QImage picture = box.grab().toImage();
            const int ground = box.palette().color(QPalette::Window).lightness();
            const int frame = picture.pixelColor(square.left(), square.center().y()).lightness();
            QVERIFY2(std::abs(frame - ground) > 50,
                     qPrintable(QStringLiteral("%1: %2 on %3").arg(name).arg(frame).arg(ground)));
        }
        theme::apply(*qApp, QStringLiteral("system"));
    }

    void anExactValueLeavesTheHandleAtTheNearestPower()
    {
        BottleneckSlider bottleneck;
        auto *slider = bottleneck.findChild<QSlider *>("bottleneckSlider");
        auto *spin = bottleneck.findChild<QSpinBox *>("bottleneckSpin");
        spin->selectAll();
        QTest::keyClicks(spin, "48");
        QCOMPARE(bottleneck.value(), 48);
        QCOMPARE(slider->value(), 6);
        QTest::keyClick(slider, Qt::Key_Right);
        QCOMPARE(bottleneck.value(), 64);
        bottleneck.setValue(48);
        QTest::keyClick(slider, Qt::Key_Left);
        QCOMPARE(bottleneck.value(), 32);
        bottleneck.setValue(4096);
        QCOMPARE(slider->value(), 9);
        QTest::keyClick(slider, Qt::Key_Right);
        QCOMPARE(bottleneck.value(), 4096);
        QTest::keyClick(slider, Qt::Key_Left);
        QCOMPARE(bottleneck.value(), 512);
    }

    void numbersAreReadInEveryNotation()
    {
        NumberField field(1e-12, 10);
        for (const char *text : {"1e-3", "0.001", " 1E-3 ", ".001"}) {
            field.setText(text);
            QCOMPARE(field.value(), 1e-3);
        }
        for (const char *text : {"", "abc", "0", "-1", "11", "1e-3x", "nan", "inf", "1,5", "0,001"}) {
            field.setText(text);
            QVERIFY2(!field.value(), text);
        }
        QCOMPARE(NumberField::textOf(5e-5), QString("5e-5"));
        QCOMPARE(NumberField::textOf(3.25e-11), QString("3.25e-11"));
        QCOMPARE(NumberField::textOf(0.1), QString("0.1"));
        QCOMPARE(NumberField::textOf(0), QString("0"));
        QCOMPARE(NumberField::textOf(100), QString("100"));
    }

    void aClickOnASiteTakesItsAdapterOutAndIn()
    {
        ModelStack stack;
        stack.setModel(bert(6, 384), adapters(64));
        stack.resize(stack.sizeHint());
        stack.show();
        QSignalSpy changed(&stack, &ModelStack::sitesChanged);
        QVERIFY(stack.accessibleDescription().startsWith("12 of 12 adapters on"));
        QTest::mouseClick(&stack, Qt::LeftButton, {}, stack.siteRect(3, false).center());
        QCOMPARE(changed.count(), 1);
        QCOMPARE(formatSites(stack.sites()), std::string("af,af,af,a,af,af"));
        QVERIFY(stack.accessibleDescription().startsWith("11 of 12 adapters on"));
        QTest::mouseClick(&stack, Qt::LeftButton, {}, stack.siteRect(3, false).center());
        QCOMPARE(stack.sitesOn(), 12);
        // Outside the sites nothing happens, nor with another button.
        QTest::mouseClick(&stack, Qt::LeftButton, {}, {3, 3});
        QTest::mouseClick(&stack, Qt::RightButton, {}, stack.siteRect(0, true).center());
        QCOMPARE(changed.count(), 2);
    }

    void theStackIsDrivenByKeyboard()
    {
        ModelStack stack;
        stack.setModel(bert(6, 384), adapters(64));
        QSignalSpy moved(&stack, &ModelStack::currentMoved);
        QTest::keyClick(&stack, Qt::Key_Space);
        QCOMPARE(formatSites(stack.sites()), std::string("f,af,af,af,af,af"));
        QTest::keyClick(&stack, Qt::Key_Up);
        QTest::keyClick(&stack, Qt::Key_Up);
        QTest::keyClick(&stack, Qt::Key_Space);
        QCOMPARE(formatSites(stack.sites()), std::string("f,f,af,af,af,af"));
        QCOMPARE(moved.last().first().toRect(), stack.siteRect(1, true));
        QVERIFY(stack.accessibleDescription().contains("Layer 1, adapter after attention: off"));
        QTest::keyClick(&stack, Qt::Key_Home);
        QTest::keyClick(&stack, Qt::Key_Space);
        QTest::keyClick(&stack, Qt::Key_PageDown);
        QTest::keyClick(&stack, Qt::Key_Space);
        QCOMPARE(formatSites(stack.sites()), std::string("f,f,af,af,a,a"));
        QTest::keyClick(&stack, Qt::Key_End);
        QTest::keyClick(&stack, Qt::Key_Down);
        QTest::keyClick(&stack, Qt::Key_Space);
        QCOMPARE(formatSites(stack.sites()), std::string("af,f,af,af,a,a"));
    }

    void whatTheMethodTrainsIsMarkedTrained()
    {
        const auto trained = [](const Method &method) {
            QStringList names;
            for (const StackPart &part : layOutStack(bert(1, 128), method, {}, 300).parts)
                if (part.trained)
                    names << nameOf(part);
            return names.join("; ");
        };
        QCOMPARE(trained(methodEntry("head").method), QString("Head"));
        QCOMPARE(trained(adapters(8)), QString("LayerNorm of the embeddings; Layer 0, adapter after attention; "
                                               "Layer 0, LayerNorm after attention; Layer 0, adapter after feed-forward; "
                                               "Layer 0, LayerNorm after feed-forward; Head"));
        QCOMPARE(trained(methodEntry("full").method).count(';'), 7); // of eight parts, no adapters
        for (const StackPart &part : layOutStack(bert(1, 128), methodEntry("bitfit").method, {}, 300).parts)
            QCOMPARE(part.biasesOnly, part.kind != StackPart::Kind::Head);
    }

    void theTooltipTellsLayerSiteAndParameters()
    {
        ModelStack stack;
        stack.setModel(bert(6, 384), adapters(64, parseSites("0-4", "both", 6)), 2);
        QStringList texts;
        for (const StackPart &part : layOutStack(bert(6, 384), adapters(64), {}, 300).parts)
            texts << stack.describePart(part);
        const QString all = texts.join('|');
        QVERIFY(all.contains("Layer 5, adapter after feed-forward: on\n49,600 parameters"));
        QVERIFY(all.contains("Layer 0, attention\n591,360 parameters, frozen"));
        QVERIFY(all.contains("Layer 0, LayerNorm after attention\n768 parameters, trained"));
        QVERIFY(all.contains("Head\n770 parameters, trained"));
    }

    void aModelOf24LayersIsDrawnWithoutOverlap()
    {
        const StackLayout layout = layOutStack(bert(24, 1024), adapters(64), {}, 300);
        for (std::size_t i = 0; i < layout.parts.size(); ++i) {
            QVERIFY(QRectF(0, 0, 300, layout.height).contains(layout.parts[i].rect));
            for (std::size_t j = 0; j < i; ++j)
                QVERIFY(!layout.parts[i].target.intersects(layout.parts[j].rect));
        }
        QCOMPARE(layout.cards.size(), std::size_t(24));
    }
};

QTEST_MAIN(SetupPartsTest)
#include "tst_setup_parts.moc"
