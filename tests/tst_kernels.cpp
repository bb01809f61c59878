#include <cmath>
#include <limits>
#include <vector>

#include <torch/types.h>

#include <QTest>

#include "core/model/dropout.h"
#include "core/model/kernels/adam.h"
#include "core/model/kernels/attention.h"
#include "core/model/kernels/product.h"
#include "core/model/kernels/rows.h"
#include "core/model/kernels/small_product.h"
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
    void packedRowsMultiplyAndTheirPaddingIsZero();
    void smallProducts();
    void squaresAreTransposedAndRegistersSummed();
    void roundingIsToNearestEven();
    void masksAreThoseOfThePlainPath();
    void biasesSumsAndTranspositions();
    void rowsAreDroppedByTheirNumbers();
    void layerNormThereAndBack();
    void adamFollowsItsFormula();
    void decayZerosAndSquares();
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

/// A matrix in the compute type, and what it holds then.
template <typename T>
struct Rounded {
    std::vector<T> values;
    std::vector<float> exact;

    explicit Rounded(const std::vector<float> &from)
    {
        for (const float value : from) {
            values.push_back(fromFloat<T>(value));
            exact.push_back(toFloat(values.back()));
        }
    }
};

template <typename T>
std::vector<float> floats(const std::vector<T> &values)
{
    std::vector<float> result;
    for (const T value : values)
        result.push_back(toFloat(value));
    return result;
}

template <typename T>
constexpr bool isRounded = sizeof(T) == sizeof(kernels::BFloat16);
template <typename T>
constexpr double unit = isRounded<T> ? 0x1.0p-8 : 1e-6; ///< relative error of a stored number, at most

torch::Tensor tensorOf(const std::vector<float> &values, const std::vector<std::int64_t> &shape)
{
    return torch::tensor(values).view(shape);
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

void TestKernels::packedRowsMultiplyAndTheirPaddingIsZero()
{
    const int left = 19, columns = 36, stride = 41, padded = 32;
    const auto a = numbers(left * padded, 1), b = numbers(40 * stride, 2);
    const auto check = [&]<typename T>(T, bool tiled) {
        const Rounded<T> first(a), second(b);
        Packed<T> packed;
        packed.tiled = tiled;
        for (const int rows : {32, 21, 1}) { // fewer than before: what is left of those is no part of the product
            packRows(packed, second.values.data(), stride, rows, columns, padded);
            std::vector<float> c(left * columns, 3.0f);
            product(first.values.data(), padded, left, packed, c.data(), columns);
            for (int r = 0; r < left; ++r)
                for (int i = 0; i < columns; ++i) {
                    double sum = 0;
                    for (int k = 0; k < rows; ++k)
                        sum += double(first.exact[std::size_t(r * padded + k)]) * second.exact[std::size_t(k * stride + i)];
                    if (std::abs(sum - double(c[std::size_t(r * columns + i)])) > (tiled || isRounded<T> ? 1e-4 : 1e-5))
                        return false;
                }
        }
        return true;
    };
    QVERIFY(check(float{}, false));
    if (hasTiles())
        QVERIFY(check(float{}, true) && check(kernels::BFloat16{}, true));
    if (!multipliesBFloat16())
        QSKIP("this processor has no bfloat16 products");
    QVERIFY(check(kernels::BFloat16{}, false));
}

void TestKernels::smallProducts()
{
    const std::int64_t rows = 21, columns = 32, inner = 13, ldb = 37, ldc = 40;
    const auto a = numbers(24 * 24, 1), b = numbers(inner * ldb, 2);
    const auto check = [&](const auto &multiply, std::int64_t rowStride, std::int64_t columnStride) {
        std::vector<float> c(24 * ldc, 5.0f);
        multiply({a.data(), rowStride, columnStride}, c.data());
        for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t i = 0; i < ldc; ++i) {
                double sum = i < columns ? 0 : 5;
                for (std::int64_t k = 0; k < inner && i < columns; ++k)
                    sum += double(a[std::size_t(r * rowStride + k * columnStride)]) * b[std::size_t(k * ldb + i)];
                if (std::abs(sum - double(c[std::size_t(r * ldc + i)])) > 1e-5)
                    return false;
            }
        return true;
    };
    const auto by = [&]<int R>(std::integral_constant<int, R>) {
        const auto multiply = [&](const Strided &from, float *c) {
            multiplySmall<R>(rows, columns, inner, from, b.data(), ldb, c, ldc);
        };
        return check(multiply, 24, 1) && check(multiply, 1, 24); // as it lies, and transposed
    };
    QVERIFY(by(std::integral_constant<int, 4>()));
    QVERIFY(by(std::integral_constant<int, 8>()));
}

void TestKernels::squaresAreTransposedAndRegistersSummed()
{
    const auto in = numbers(16 * 19, 1);
    std::vector<float> out(16 * 23, 7.0f);
    transposeSquare(in.data(), 19, out.data(), 23);
    for (std::size_t r = 0; r < 16; ++r)
        for (std::size_t i = 0; i < 23; ++i)
            QCOMPARE(out[r * 23 + i], i < 16 ? in[i * 19 + r] : 7.0f);
    for (std::size_t place = 0; place < 16; ++place) { // each lane counts
        std::vector<float> one(16, -2.0f);
        one[place] = 3.0f;
        QCOMPARE(sumOf(kernels::at(one.data())), -27.0f);
        QCOMPARE(largestOf(kernels::at(one.data())), 3.0f);
    }
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

void TestKernels::biasesSumsAndTranspositions()
{
    const std::size_t rows = 5, columns = 37, in = 41, out = 39;
    const auto values = numbers(rows * in, 1), bias = numbers(columns, 2);
    const auto check = [&]<typename T>(T) {
        std::vector<T> sums(rows * out, fromFloat<T>(9));
        addBias(values.data(), in, bias.data(), sums.data(), {rows, columns, out});
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t i = 0; i < out; ++i)
                QCOMPARE(toFloat(sums[r * out + i]),
                         i < columns ? toFloat(fromFloat<T>(values[r * in + i] + bias[i])) : 9.0f);

        const Rounded<T> matrix(values);
        std::vector<float> total(columns + 1, 0.5f); // added to what is there
        sumRows(matrix.values.data(), in, total.data(), rows, columns);
        for (std::size_t i = 0; i < columns; ++i) {
            double sum = 0.5;
            for (std::size_t r = 0; r < rows; ++r)
                sum += double(matrix.exact[r * in + i]);
            QVERIFY(std::abs(total[i] - sum) < 1e-6);
        }
        QCOMPARE(total[columns], 0.5f);

        const std::size_t padded = 8, stride = 11;
        std::vector<T> across(columns * stride, fromFloat<T>(9));
        transposed(matrix.values.data(), {rows, columns, in}, across.data(), stride, padded);
        for (std::size_t i = 0; i < columns; ++i)
            for (std::size_t r = 0; r < stride; ++r)
                QCOMPARE(toFloat(across[i * stride + r]), r < rows ? matrix.exact[r * in + i] : r < padded ? 0.0f : 9.0f);
    };
    check(float{});
    check(kernels::BFloat16{});
}

void TestKernels::rowsAreDroppedByTheirNumbers()
{
    const std::size_t rows = 4, columns = 28, stride = 33, own = 30, width = 64, column = 8;
    const std::vector<std::int32_t> number{3, 4, 0, 11};
    const auto product = numbers(rows * stride, 1), bias = numbers(columns, 2), addend = numbers(rows * own, 3);
    const torch::Tensor plain = dropoutMask(12 * width, {11, 0.3}, torch::kFloat32);
    const auto check = [&]<typename T>(T, const float *ownBias, const float *ownAddend, double rate) {
        std::vector<T> out(rows * own, fromFloat<T>(9));
        dropRows(product.data(), stride, ownBias, ownAddend, Mask(11, rate), {number.data(), column, width}, out.data(),
                 {rows, columns, own});
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t i = 0; i < own; ++i) {
                const float sum = product[r * stride + i] + (ownBias ? ownBias[i] : ownAddend ? ownAddend[r * own + i] : 0);
                const float mask = rate > 0 ? plain.data_ptr<float>()[std::size_t(number[r]) * width + column + i] : 1.0f;
                QCOMPARE(toFloat(out[r * own + i]), i < columns ? toFloat(fromFloat<T>(sum * mask)) : 9.0f);
            }
    };
    for (const double rate : {0.0, 0.3})
        for (const int what : {0, 1, 2}) {
            check(float{}, what == 1 ? bias.data() : nullptr, what == 2 ? addend.data() : nullptr, rate);
            check(kernels::BFloat16{}, what == 1 ? bias.data() : nullptr, what == 2 ? addend.data() : nullptr, rate);
        }
}

void TestKernels::layerNormThereAndBack()
{
    const std::int64_t rows = 5, d = 37;
    const auto c = numbers(rows * d, 3), bias = numbers(d, 4), weight = numbers(d, 5), shift = numbers(d, 6);
    const auto gradient = numbers(rows * d, 7);
    const auto check = [&]<typename T>(T) {
        const Rounded<T> a(numbers(rows * d, 1)), b(numbers(rows * d, 2));
        const torch::Tensor sum =
            (tensorOf(a.exact, {rows, d}) + tensorOf(b.exact, {rows, d}) + tensorOf(c, {rows, d}) + tensorOf(bias, {d}))
                .requires_grad_();
        const torch::Tensor gamma = tensorOf(weight, {d}).requires_grad_(), beta = tensorOf(shift, {d}).requires_grad_();
        const torch::Tensor expected = torch::layer_norm(sum, {d}, gamma, beta, 1e-12);
        expected.backward(tensorOf(gradient, {rows, d}));

        std::vector<T> normalised(rows * d), y(rows * d), rounded(rows * d);
        std::vector<float> inverse(rows), back = gradient, dGamma(d), dBeta(d);
        normRows<T>({.product = c.data(), .bias = bias.data(), .a = a.values.data(), .b = b.values.data()},
                    {weight.data(), shift.data(), 1e-12f}, normalised.data(), inverse.data(), y.data(), rows, d);
        normRowsBackward(back.data(), normalised.data(), inverse.data(), weight.data(), rounded.data(), dGamma.data(),
                         dBeta.data(), rows, d);
        const double tolerance = isRounded<T> ? unit<T> : 1e-5; // y is rounded once
        QVERIFY(torch::allclose(tensorOf(floats(y), {rows, d}), expected, tolerance, 1e-5));
        const double backThere = isRounded<T> ? 4 * unit<T> : 1e-5; // which starts from rounded numbers
        QVERIFY(torch::allclose(tensorOf(back, {rows, d}), sum.grad(), 1e-4, backThere));
        QVERIFY(torch::allclose(tensorOf(dGamma, {d}), gamma.grad(), 1e-4, backThere));
        QVERIFY(torch::allclose(tensorOf(dBeta, {d}), beta.grad(), 1e-4, 1e-5));
        const torch::Tensor x = tensorOf(floats(normalised), {rows, d}), g = tensorOf(gradient, {rows, d}); // as rounded
        const torch::Tensor weighted = g * gamma.detach();
        const torch::Tensor exactly =
            (weighted - weighted.mean(1, true) - x * (weighted * x).mean(1, true)) * tensorOf(inverse, {rows, 1});
        QVERIFY(torch::allclose(tensorOf(back, {rows, d}), exactly, 1e-4, 1e-5));
        QVERIFY(torch::allclose(tensorOf(dGamma, {d}), (g * x).sum(0), 1e-4, 1e-5));
        QVERIFY(floats(rounded) == Rounded<T>(back).exact);
    };
    check(float{});
    check(kernels::BFloat16{});
}

void TestKernels::adamFollowsItsFormula()
{
    const std::size_t count = 1003; // fills no register
    const AdamUpdate update{0.25f, 0.9f, 0.999f, 1e-6f, 0.01f, 0.002f};
    auto values = numbers(count, 1), first = numbers(count, 2, 0.1), second = numbers(count, 3, 0.1);
    for (float &one : second)
        one = std::abs(one);
    second[7] = first[7] = 0; // begins with this step
    std::vector<double> value(values.begin(), values.end()), m(first.begin(), first.end()), v(second.begin(), second.end());
    for (int step = 0; step < 3; ++step) {
        auto gradients = numbers(count, std::uint64_t(10 + step), 2);
        for (std::size_t i = 0; i < count; ++i) {
            const double g = 0.25 * double(gradients[i]);
            m[i] = 0.9 * m[i] + 0.1 * g;
            v[i] = 0.999 * v[i] + 0.001 * g * g;
            value[i] = (1 - 0.002) * value[i] - 0.01 * m[i] / (std::sqrt(v[i]) + 1e-6);
        }
        updateByAdam(update, values.data(), gradients.data(), first.data(), second.data(), count);
        for (std::size_t i = 0; i < count; ++i) {
            QVERIFY2(std::abs(values[i] - value[i]) < 1e-5 * std::max(1.0, std::abs(value[i])),
                     qPrintable(QString::number(i)));
            QVERIFY(std::abs(first[i] - m[i]) < 1e-6);
            QVERIFY(std::abs(second[i] - v[i]) < 1e-6);
            QCOMPARE(gradients[i], 0.0f);
        }
    }
}

void TestKernels::decayZerosAndSquares()
{
    const std::size_t count = 1003;
    auto decayed = numbers(count, 1), byAdam = decayed;
    const auto before = decayed;
    decay(0.002f, decayed.data(), count);
    for (std::size_t i = 0; i < count; ++i)
        QVERIFY(std::abs(decayed[i] - 0.998 * double(before[i])) <= 1e-7 * std::abs(before[i]));
    std::vector<float> gradients(count), first(count), second(count);
    updateByAdam({1, 0.9f, 0.999f, 1e-6f, 0.01f, 0.002f}, byAdam.data(), gradients.data(), first.data(), second.data(),
                 count);
    QVERIFY(byAdam == decayed); // to the same bits

    double sum = 0;
    for (const float value : before)
        sum += double(value) * double(value);
    QVERIFY(std::abs(sumOfSquares(before.data(), count) - sum) < 1e-5 * sum);
    QCOMPARE(sumOfSquares(before.data(), 0), 0.0);

    std::vector<float> zeros(100, 0.0f);
    zeros[50] = -0.0f;
    QVERIFY(isZero(zeros.data(), 100) && isZero(zeros.data(), 0));
    for (std::size_t i = 0; i < 100; ++i)
        for (const float other : {1e-30f, -1e-45f, std::numeric_limits<float>::quiet_NaN()}) {
            std::vector<float> one = zeros;
            one[i] = other;
            QVERIFY(!isZero(one.data(), 100));
            QVERIFY(isZero(one.data(), std::int64_t(i))); // as far as is asked
        }
}

void TestKernels::attentionOfOneExample_data()
{
    QTest::addColumn<int>("headSize");
    QTest::addColumn<int>("length");
    QTest::addColumn<double>("rate");
    QTest::newRow("one token") << 32 << 1 << 0.0;
    QTest::newRow("whole registers") << 32 << 16 << 0.0;
    QTest::newRow("parts of registers") << 8 << 21 << 0.0;
    QTest::newRow("more than a register") << 20 << 53 << 0.0;
    QTest::newRow("dropout") << 20 << 53 << 0.3;
    QTest::newRow("dropout, whole registers") << 32 << 16 << 0.1;
}

void TestKernels::attentionOfOneExample()
{
    QFETCH(int, headSize);
    QFETCH(int, length);
    const std::int64_t heads = 3, size = headSize, d = heads * size, keys = length;
    QFETCH(double, rate);
    const auto check = [&]<typename T>(T, std::int64_t queries) {
        const Rounded<T> q(numbers(queries * d, 1)), kv(numbers(keys * 2 * d, 2));
        const auto gradient = numbers(queries * d, 3);
        std::vector<std::int32_t> number; // of the query rows in the packed batch
        for (std::int64_t r = 0; r < queries; ++r)
            number.push_back(std::int32_t(5 + r));
        const torch::Tensor tq = tensorOf(q.exact, {queries, heads, size}).requires_grad_();
        const torch::Tensor tkv = tensorOf(kv.exact, {keys, 2, heads, size}).requires_grad_();
        const torch::Tensor scores = torch::einsum("qhn,khn->hqk", {tq, tkv.select(1, 0)}) / std::sqrt(double(size));
        const torch::Tensor elements = // number (row H + head) stride + key
            ((torch::arange(5, 5 + queries).view({1, queries, 1}) * heads + torch::arange(heads).view({heads, 1, 1})) *
             attentionStride) +
            torch::arange(keys).view({1, 1, keys});
        const torch::Tensor mask = rate > 0
                                       ? dropoutMaskOf(elements.reshape({-1}), {21, rate}, torch::kFloat32).view_as(elements)
                                       : torch::ones({heads, queries, keys});
        const torch::Tensor out = torch::einsum("hqk,khn->qhn", {torch::softmax(scores, -1) * mask, tkv.select(1, 1)});
        out.backward(tensorOf(gradient, {queries, heads, size}));

        const AttentionShape shape{heads, size, queries, keys};
        AttentionDropout dropout;
        if (rate > 0)
            dropout = {Mask(21, rate), number.data(), attentionStride};
        AttentionScratch scratch;
        scratch.reserve(shape);
        std::vector<T> own(queries * d), dq(queries * d), dkv(keys * 2 * d);
        std::vector<float> logSum(heads * queries);
        attend(q.values.data(), kv.values.data(), shape, dropout, own.data(), logSum.data(), scratch);
        attendBackward(q.values.data(), kv.values.data(), shape, dropout, logSum.data(), gradient.data(), dq.data(),
                       dkv.data(), scratch);
        // Between what is read and what is stored everything is float32.
        const double there = isRounded<T> ? unit<T> : 1e-5, back = isRounded<T> ? unit<T> : 1e-4;
        QVERIFY(torch::allclose(torch::tensor(floats(own)), out.detach().reshape({-1}), there, 1e-5));
        QVERIFY(torch::allclose(torch::tensor(floats(dq)), tq.grad().reshape({-1}), back, 1e-5));
        QVERIFY(torch::allclose(torch::tensor(floats(dkv)), tkv.grad().reshape({-1}), back, 1e-5));
    };
    for (const std::int64_t queries : {keys, std::int64_t(1)}) {
        check(float{}, queries);
        check(kernels::BFloat16{}, queries);
    }
}

QTEST_GUILESS_MAIN(TestKernels)
#include "tst_kernels.moc"
