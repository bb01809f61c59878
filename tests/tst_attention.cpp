#include <torch/csrc/autograd/autograd.h>
#include <torch/library.h>
#include <torch/types.h>

#include <QTest>

#include "core/model/attention.h"
#include "tests/tiny_model.h"

using namespace awb;
using namespace awb::test;

namespace {

using Tensors = std::tuple<torch::Tensor, torch::Tensor, torch::Tensor, torch::Tensor, torch::Tensor>;
using MaybeTensor = std::optional<torch::Tensor>;

/// Rows of example b among all, head by head: (R, H, n) -> (H, rows, n).
torch::Tensor rowsOf(const torch::Tensor &all, const torch::Tensor &ends, std::int64_t b)
{
    const std::int32_t *end = ends.const_data_ptr<std::int32_t>();
    return all.narrow(0, end[b], end[b + 1] - end[b]).transpose(0, 1);
}

std::int64_t longest(const torch::Tensor &ends)
{
    return ends.diff().max().item<std::int64_t>();
}

// The operator of a GPU, which tests have none of, computed on the CPU: what is tested is how it is called.
Tensors forwardStandIn(const torch::Tensor &q, const torch::Tensor &k, const torch::Tensor &v, const MaybeTensor &queryEnds,
                       const MaybeTensor &keyEnds, std::int64_t mostQueries, std::int64_t mostKeys, double rate,
                       bool isCausal, bool, std::optional<double> scale, std::optional<std::int64_t>,
                       std::optional<std::int64_t>, const MaybeTensor &, const MaybeTensor &, const MaybeTensor &,
                       std::optional<std::int64_t>)
{
    TORCH_CHECK(!isCausal && scale && q.dim() == 3 && queryEnds->scalar_type() == torch::kInt);
    TORCH_CHECK(mostQueries == longest(*queryEnds) && mostKeys == longest(*keyEnds));
    std::vector<torch::Tensor> examples; // (rows, H, n)
    for (std::int64_t b = 0; b + 1 < keyEnds->numel(); ++b) {
        const torch::Tensor scores =
            torch::matmul(rowsOf(q, *queryEnds, b), rowsOf(k, *keyEnds, b).transpose(1, 2)) * *scale;
        examples.push_back(torch::matmul(torch::softmax(scores, -1), rowsOf(v, *keyEnds, b)).transpose(0, 1));
    }
    torch::Tensor attended = torch::cat(examples);
    if (rate > 0)
        attended = torch::dropout(attended, rate, true); // of the device's generator, as there
    const torch::Tensor none = torch::empty({0});
    return {attended, none, none, none, none};
}

std::tuple<torch::Tensor, torch::Tensor, torch::Tensor>
backwardStandIn(const torch::Tensor &gradient, const torch::Tensor &q, const torch::Tensor &k, const torch::Tensor &v,
                const torch::Tensor &, const torch::Tensor &, const torch::Tensor &queryEnds, const torch::Tensor &keyEnds,
                std::int64_t, std::int64_t, double, bool, const torch::Tensor &, const torch::Tensor &,
                std::optional<double> scale, std::optional<std::int64_t>, std::optional<std::int64_t>)
{
    std::vector<torch::Tensor> ofQ, ofK, ofV; // of each example
    for (std::int64_t b = 0; b + 1 < keyEnds.numel(); ++b) {
        const torch::Tensor keys = rowsOf(k, keyEnds, b), queries = rowsOf(q, queryEnds, b),
                            g = rowsOf(gradient, queryEnds, b);
        const torch::Tensor p = torch::softmax(torch::matmul(queries, keys.transpose(1, 2)) * *scale, -1); // (H, Q, S)
        const torch::Tensor ofP = torch::matmul(g, rowsOf(v, keyEnds, b).transpose(1, 2));
        const torch::Tensor ofScores = p * (ofP - (ofP * p).sum(-1, true)) * *scale;
        ofQ.push_back(torch::matmul(ofScores, keys).transpose(0, 1));
        ofK.push_back(torch::matmul(ofScores.transpose(1, 2), queries).transpose(0, 1));
        ofV.push_back(torch::matmul(p.transpose(1, 2), g).transpose(0, 1));
    }
    return {torch::cat(ofQ), torch::cat(ofK), torch::cat(ofV)};
}

TORCH_LIBRARY_IMPL(aten, CPU, library)
{
    library.impl("_flash_attention_forward", forwardStandIn);
    library.impl("_flash_attention_backward", backwardStandIn);
}

constexpr std::int64_t heads = 3, hidden = 24;

Batch batchOfLengths(const std::vector<int> &lengths)
{
    nlohmann::json texts = nlohmann::json::array();
    for (const int length : lengths)
        texts.push_back(
            {{"ids", std::vector<int>(std::size_t(length), 9)}, {"segments", std::vector<int>(std::size_t(length))}});
    return batchOf(texts);
}

/// Inputs of one attention over a batch of given lengths, all with gradients.
Attention drawn(const Batch &batch, bool onlyCls)
{
    torch::manual_seed(3);
    const auto rows = [](std::int64_t n) { return torch::randn({n, hidden}).requires_grad_(); };
    return {rows(onlyCls ? batch.size() : batch.tokens()), rows(batch.tokens()), rows(batch.tokens()), heads, onlyCls};
}

/// The result and the gradients of query, key and value, for a fixed gradient of the result.
std::vector<torch::Tensor> withGradients(const Attention &a, const torch::Tensor &attended)
{
    const torch::Tensor gradient = torch::arange(attended.numel()).view_as(attended).to(torch::kFloat).sin();
    auto all = torch::autograd::grad({attended}, {a.query, a.key, a.value}, {gradient});
    all.insert(all.begin(), attended);
    return all;
}

} // namespace

class TestAttention : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void flashAttentionEqualsThePadded_data();
    void flashAttentionEqualsThePadded();
    void clsAloneHearsWhatItHearsAmongAll_data();
    void clsAloneHearsWhatItHearsAmongAll();
    void droppedProbabilitiesFollowFromTheKey();
    void masksAreTheSameByLoopAndByTensors_data();
    void masksAreTheSameByLoopAndByTensors();
    void theCpuHasNoFlashAttention();
};

void TestAttention::flashAttentionEqualsThePadded_data()
{
    QTest::addColumn<QList<int>>("lengths");
    QTest::addColumn<bool>("onlyCls");
    for (const bool onlyCls : {false, true}) {
        const char *rows = onlyCls ? ", [CLS] alone" : ", all rows";
        QTest::addRow("of several lengths%s", rows) << QList<int>{5, 1, 9, 3} << onlyCls;
        QTest::addRow("of one length%s", rows) << QList<int>{4, 4, 4} << onlyCls;
        QTest::addRow("one example%s", rows) << QList<int>{7} << onlyCls;
    }
}

void TestAttention::flashAttentionEqualsThePadded()
{
    QFETCH(QList<int>, lengths);
    QFETCH(bool, onlyCls);
    const Batch batch = batchOfLengths({lengths.begin(), lengths.end()});
    const Attention a = drawn(batch, onlyCls);
    const auto padded = withGradients(a, paddedAttention(a, packedInput(batch, torch::kCPU, torch::kFloat32), {}));
    const auto flash =
        withGradients(a, flashAttention(a, packedInput(batch, torch::kCPU, torch::kFloat32, /*flash=*/true), {}));
    for (std::size_t i = 0; i < padded.size(); ++i)
        QVERIFY2(torch::allclose(padded[i], flash[i], 1e-5, 1e-6), qPrintable(QString("of tensor %1").arg(i)));
}

void TestAttention::clsAloneHearsWhatItHearsAmongAll_data()
{
    QTest::addColumn<double>("rate");
    QTest::newRow("without dropout") << 0.0;
    QTest::newRow("with dropout") << 0.3;
}

void TestAttention::clsAloneHearsWhatItHearsAmongAll()
{
    QFETCH(double, rate);
    const Batch batch = batchOfLengths({5, 1, 9, 3});
    const PackedInput input = packedInput(batch, torch::kCPU, torch::kFloat32);
    const Attention all = drawn(batch, false);
    const Attention cls{all.query.index_select(0, input.clsRows), all.key, all.value, heads, true};
    const DropoutSite drop{11, rate}, after{12, rate};
    const torch::Tensor amongAll = dropout(paddedAttention(all, input, drop), after).index_select(0, input.clsRows);
    const torch::Tensor alone = dropout(paddedAttention(cls, input, drop), after, input.clsRows);
    QVERIFY(torch::allclose(alone, amongAll, 1e-5, 1e-6));
}

void TestAttention::droppedProbabilitiesFollowFromTheKey()
{
    const Batch batch = batchOfLengths({5, 9});
    const PackedInput input = packedInput(batch, torch::kCPU, torch::kFloat32, true);
    const Attention a = drawn(batch, false);
    const torch::Tensor first = flashAttention(a, input, {7, 0.3});
    torch::rand({100}); // another run draws in between
    QVERIFY(torch::equal(flashAttention(a, input, {7, 0.3}), first));
    QVERIFY(!torch::equal(flashAttention(a, input, {8, 0.3}), first));
}

void TestAttention::masksAreTheSameByLoopAndByTensors_data()
{
    QTest::addColumn<double>("rate");
    for (const double rate : {0.1, 0.5, 0.9})
        QTest::addRow("%.1f", rate) << rate;
}

void TestAttention::masksAreTheSameByLoopAndByTensors()
{
    QFETCH(double, rate);
    const DropoutSite site{0x1234567890ABCDEFull, rate};
    for (const std::int64_t elements : {1, 4, 10001})
        QVERIFY(torch::equal(dropoutMask(elements, site, torch::kFloat32),
                             dropoutMaskByTensors(elements, site, torch::kFloat32)));
    const Batch batch = batchOfLengths({5, 1, 9, 3});
    const PackedInput input = packedInput(batch, torch::kCPU, torch::kFloat32);
    const torch::Tensor isKey = input.keyBias.eq(0), isQuery = isKey.transpose(2, 3); // of padding only the loop knows
    const torch::Tensor rows = input.queryRows.view({4, 9}), cls = input.clsRows.view({4, 1});
    const auto byLoop = [&](const torch::Tensor &queryRows) {
        return attentionDropout(torch::ones({4, heads, queryRows.size(1), 9}), queryRows, input.lengths, site);
    };
    const auto byTensors = [&](const torch::Tensor &queryRows) {
        return attentionMaskByTensors(queryRows, heads, 9, site, torch::kFloat32);
    };
    QVERIFY(torch::equal(byLoop(rows), byTensors(rows) * isKey * isQuery));
    QVERIFY(torch::equal(byLoop(cls), byTensors(cls) * isKey));
}

void TestAttention::theCpuHasNoFlashAttention()
{
    QVERIFY(!hasFlashAttention(torch::kCPU, torch::kBFloat16, 64));
}

QTEST_GUILESS_MAIN(TestAttention)
#include "tst_attention.moc"
