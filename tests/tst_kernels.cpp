#include <cmath>
#include <vector>

#include <torch/types.h>

#include <QTest>

#include "core/model/dropout.h"
#include "core/model/kernels/attention.h"
#include "core/model/kernels/product.h"
#include "core/model/kernels/rows.h"
#include "core/random.h"

using namespace awb;
using namespace awb::kernels;

/// Each kernel beside plain loops in double.
class TestKernels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void activationsAndSlopes_data();
    void activationsAndSlopes();
    void products_data();
    void products();
    void roundingIsToNearestEven();
    void masksAreThoseOfThePlainPath();
    void layerNormThereAndBack();
    void attentionOfOneExample_data();
    void attentionOfOneExample();
};

namespace {

std::vector<float> numbers(std::size_t count, std::uint64_t key, double scale = 1)
{
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i)
        values[i] = float(scale * 2 * (randomUniform(key, i) - 0.5));
    return values;
}

double exact(Activation g, double x)
{
    if (g == Activation::Relu)
        return std::max(0.0, x);
    if (g == Activation::GeluErf)
        return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

} // namespace

void TestKernels::activationsAndSlopes_data()
{
    QTest::addColumn<int>("which");
    QTest::newRow("gelu") << int(Activation::GeluErf);
    QTest::newRow("gelu_new") << int(Activation::GeluTanh);
    QTest::newRow("relu") << int(Activation::Relu);
}

void TestKernels::activationsAndSlopes()
{
    QFETCH(int, which);
    const Activation g = Activation(which);
    std::vector<float> x;
    for (int i = -2000; i <= 2000; ++i)
        x.push_back(float(i) / 100.0f + 0.003f);
    const std::vector<float> none(x.size(), 0.0f), ones(x.size(), 1.0f);
    std::vector<float> after(x.size()), alone(x.size()), slope(x.size()), gradient(x.size());
    const Extent row{1, std::int64_t(x.size()), 0};
    activate(g, x.data(), 0, none.data(), after.data(), slope.data(), row);
    activate<float>(g, x.data(), 0, none.data(), alone.data(), nullptr, row);
    activateBackward(ones.data(), 0, slope.data(), gradient.data(), row);
    QVERIFY(alone == after && gradient == slope);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double tolerance = 4e-7 * std::max(1.0, std::abs(double(x[i])));
        QVERIFY2(std::abs(after[i] - exact(g, x[i])) < tolerance, qPrintable(QString::number(x[i])));
        const double difference = (exact(g, x[i] + 1e-5) - exact(g, x[i] - 1e-5)) / 2e-5;
        QVERIFY2(std::abs(slope[i] - difference) < 2e-6, qPrintable(QString::number(x[i])));
    }
}

void TestKernels::products_data()
{
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("inner");
    QTest::addColumn<int>("columns");
    QTest::newRow("tiles") << 64 << 128 << 128;
    QTest::newRow("parts of tiles") << 41 << 36 << 70;
    QTest::newRow("deep") << 16 << 300 << 32;
    QTest::newRow("small") << 1 << 2 << 1;
}

void TestKernels::products()
{
    QFETCH(int, rows);
    QFETCH(int, inner);
    QFETCH(int, columns);
    const auto a = numbers(std::size_t(rows * inner), 1), b = numbers(std::size_t(inner * columns), 2);
    std::vector<float> across(b.size());
    for (int k = 0; k < inner; ++k)
        for (int i = 0; i < columns; ++i)
            across[std::size_t(i * inner + k)] = b[std::size_t(k * columns + i)];
    bool byColumns = false;
    const auto check = [&]<typename T>(T, bool tiled, double tolerance) {
        std::vector<T> own(a.size());
        for (std::size_t i = 0; i < a.size(); ++i)
            own[i] = fromFloat<T>(a[i]);
        Packed<T> packed;
        packed.tiled = tiled;
        const Source rowByRow{b.data(), inner, columns, columns, 1}, columnByColumn{across.data(), inner, columns, 1, inner};
        pack(packed, byColumns ? columnByColumn : rowByRow, inner, columns);
        std::vector<float> c(std::size_t(rows * columns), 1.0f);
        product(own.data(), inner, rows, packed, c.data(), columns, true);
        for (int r = 0; r < rows; ++r)
            for (int i = 0; i < columns; ++i) {
                double sum = 1;
                for (int k = 0; k < inner; ++k)
                    sum += double(toFloat(own[std::size_t(r * inner + k)])) *
                           double(toFloat(fromFloat<T>(b[std::size_t(k * columns + i)])));
                if (std::abs(sum - double(c[std::size_t(r * columns + i)])) > tolerance)
                    return false;
            }
        return true;
    };
    const bool rounded = multipliesBFloat16();
    for (int again = 0; again < 2; ++again, byColumns = true) { // LibTorch's and our own use of the registers in turn
        QVERIFY(check(float{}, false, 2e-5));
        if (hasTiles())
            QVERIFY(check(float{}, true, 1e-4)); // factors of 16 bits
        if (!rounded)
            continue;
        QVERIFY(check(kernels::BFloat16{}, false, 1e-4)); // the factors are rounded, their products and sums are not
        if (hasTiles())
            QVERIFY(check(kernels::BFloat16{}, true, 1e-4));
    }
    if (!rounded)
        QSKIP("this processor has no bfloat16 products");
}

void TestKernels::roundingIsToNearestEven()
{
    for (const float value : numbers(1000, 3, 100)) {
        QCOMPARE(fromFloat<kernels::BFloat16>(value).bits, c10::BFloat16(value).x);
        QCOMPARE(toFloat(fromFloat<kernels::BFloat16>(value)), float(c10::BFloat16(value)));
    }
}

void TestKernels::masksAreThoseOfThePlainPath()
{
    const torch::Tensor plain = dropoutMask(400, {11, 0.1}, torch::kFloat32);
    std::vector<float> own(400 - 8);
    maskValues(Mask(11, 0.1), 8, std::int64_t(own.size()), own.data());
    for (std::size_t i = 0; i < own.size(); ++i)
        QCOMPARE(own[i], plain[std::int64_t(i) + 8].item<float>());
}

void TestKernels::layerNormThereAndBack()
{
    const std::int64_t rows = 5, d = 37;
    const auto a = numbers(rows * d, 1), b = numbers(rows * d, 2), c = numbers(rows * d, 3), bias = numbers(d, 4);
    const auto weight = numbers(d, 5), shift = numbers(d, 6), gradient = numbers(rows * d, 7);
    const auto tensor = [&](const std::vector<float> &values, std::vector<std::int64_t> shape) {
        return torch::tensor(values).view(shape);
    };
    const torch::Tensor sum =
        (tensor(a, {rows, d}) + tensor(b, {rows, d}) + tensor(c, {rows, d}) + tensor(bias, {d})).requires_grad_();
    const torch::Tensor gamma = tensor(weight, {d}).requires_grad_(), beta = tensor(shift, {d}).requires_grad_();
    const torch::Tensor expected = torch::layer_norm(sum, {d}, gamma, beta, 1e-12);
    expected.backward(tensor(gradient, {rows, d}));

    std::vector<float> normalised(rows * d), inverse(rows), y(rows * d), back = gradient, rounded(rows * d), dGamma(d), dBeta(d);
    normRows<float>({.product = c.data(), .bias = bias.data(), .a = a.data(), .b = b.data()},
                    {weight.data(), shift.data(), 1e-12f}, normalised.data(), inverse.data(), y.data(), rows, d);
    normRowsBackward(back.data(), normalised.data(), inverse.data(), weight.data(), rounded.data(), dGamma.data(), dBeta.data(),
                     rows, d);
    QVERIFY(torch::allclose(tensor(y, {rows, d}), expected, 1e-5, 1e-5));
    QVERIFY(torch::allclose(tensor(back, {rows, d}), sum.grad(), 1e-4, 1e-5));
    QVERIFY(torch::allclose(tensor(dGamma, {d}), gamma.grad(), 1e-4, 1e-5));
    QVERIFY(torch::allclose(tensor(dBeta, {d}), beta.grad(), 1e-4, 1e-5));
    QVERIFY(rounded == back);
}

void TestKernels::attentionOfOneExample_data()
{
    QTest::addColumn<int>("headSize");
    QTest::addColumn<int>("length");
    QTest::newRow("one token") << 32 << 1;
    QTest::newRow("whole registers") << 32 << 16;
    QTest::newRow("parts of registers") << 8 << 21;
    QTest::newRow("more than a register") << 20 << 53;
}

void TestKernels::attentionOfOneExample()
{
    QFETCH(int, headSize);
    QFETCH(int, length);
    const std::int64_t heads = 3, size = headSize, d = heads * size, keys = length;
    for (const std::int64_t queries : {keys, std::int64_t(1)}) {
        const auto q = numbers(queries * d, 1), kv = numbers(keys * 2 * d, 2), gradient = numbers(queries * d, 3);
        const torch::Tensor tq = torch::tensor(q).view({queries, heads, size}).requires_grad_();
        const torch::Tensor tkv = torch::tensor(kv).view({keys, 2, heads, size}).requires_grad_();
        const torch::Tensor scores = torch::einsum("qhn,khn->hqk", {tq, tkv.select(1, 0)}) / std::sqrt(double(size));
        const torch::Tensor out = torch::einsum("hqk,khn->qhn", {torch::softmax(scores, -1), tkv.select(1, 1)});
        out.backward(torch::tensor(gradient).view({queries, heads, size}));

        const AttentionShape shape{heads, size, queries, keys};
        AttentionScratch scratch;
        scratch.reserve(shape);
        std::vector<float> own(queries * d), logSum(heads * queries), dq(queries * d), dkv(keys * 2 * d);
        attend(q.data(), kv.data(), shape, {}, own.data(), logSum.data(), scratch);
        attendBackward(q.data(), kv.data(), shape, {}, logSum.data(), gradient.data(), dq.data(), dkv.data(), scratch);
        QVERIFY(torch::allclose(torch::tensor(own), out.detach().reshape({-1}), 1e-5, 1e-5));
        QVERIFY(torch::allclose(torch::tensor(dq), tq.grad().reshape({-1}), 1e-4, 1e-5));
        QVERIFY(torch::allclose(torch::tensor(dkv), tkv.grad().reshape({-1}), 1e-4, 1e-5));
    }
}

QTEST_GUILESS_MAIN(TestKernels)
#include "tst_kernels.moc"
