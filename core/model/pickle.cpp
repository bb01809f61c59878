#include "core/model/pickle_values.h"

#include <bit>
#include <cstring>
#include <unordered_map>

#include "core/error.h"

namespace awb::pickle {

namespace {

/// The stack machine of Python's pickle, for the opcodes that torch.save writes (protocol 2) and their like of
/// protocol 4. The others, among them all that make objects of classes, are refused.
class Machine {
public:
    Machine(std::string_view &bytes, const std::string &file) : m_bytes(bytes), m_file(file) {}
    Pickle run();

private:
    bool pushScalar(unsigned char opcode);
    bool pushString(unsigned char opcode);
    bool pushContainer(unsigned char opcode);
    bool fillContainer(unsigned char opcode);
    bool useMemo(unsigned char opcode);
    bool applyGlobal(unsigned char opcode);

    [[noreturn]] void fail(const std::string &reason) const { damaged(m_file, "its pickle " + reason); }

    std::string_view take(std::size_t count);
    std::string_view takeLine();
    template <typename Number>
    Number takeNumber();

    Id push(Value value);
    Id pop();
    std::vector<Id> popToMark();
    void pushTuple(std::size_t count);
    Value &top();
    const std::string &text(Id id) const;

    std::string_view &m_bytes; // what is still to be read
    const std::string &m_file;
    Pickle m_pickle;
    std::vector<Id> m_stack;
    std::vector<std::size_t> m_marks; // stack heights
    std::unordered_map<std::uint32_t, Id> m_memo;
};

std::string_view Machine::take(std::size_t count)
{
    if (count > m_bytes.size())
        fail("ends in the middle");
    const std::string_view taken = m_bytes.substr(0, count);
    m_bytes.remove_prefix(count);
    return taken;
}

std::string_view Machine::takeLine()
{
    const std::size_t end = m_bytes.find('\n');
    if (end == std::string_view::npos)
        fail("ends in the middle");
    return take(end + 1).substr(0, end);
}

template <typename Number>
Number Machine::takeNumber()
{
    Number number;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
}

Id Machine::push(Value value)
{
    if (m_pickle.values.size() >= maximumValues)
        fail("holds more than " + std::to_string(maximumValues) + " values, which no checkpoint needs");
    m_pickle.values.push_back(std::move(value));
    m_stack.push_back(static_cast<Id>(m_pickle.values.size() - 1));
    return m_stack.back();
}

Id Machine::pop()
{
    if (m_stack.size() <= (m_marks.empty() ? 0 : m_marks.back()))
        fail("takes more values than it has made");
    const Id id = m_stack.back();
    m_stack.pop_back();
    return id;
}

std::vector<Id> Machine::popToMark()
{
    if (m_marks.empty())
        fail("has no mark where one is needed");
    const std::size_t mark = m_marks.back();
    m_marks.pop_back();
    std::vector<Id> ids(m_stack.begin() + static_cast<std::ptrdiff_t>(mark), m_stack.end());
    m_stack.resize(mark);
    return ids;
}

void Machine::pushTuple(std::size_t count)
{
    std::vector<Id> items(count);
    for (std::size_t i = count; i-- > 0;)
        items[i] = pop();
    push(Sequence{std::move(items)});
}

Value &Machine::top()
{
    const Id id = pop();
    m_stack.push_back(id);
    return m_pickle.values[id];
}

const std::string &Machine::text(Id id) const
{
    const auto *string = std::get_if<std::string>(&m_pickle.values[id]);
    if (!string)
        fail("has something else where a string is needed");
    return *string;
}

bool Machine::pushScalar(unsigned char opcode)
{
    switch (opcode) {
    case 'N':
        push(None{});
        return true;
    case 0x88:
        push(true);
        return true;
    case 0x89:
        push(false);
        return true;
    case 'J':
        push(std::int64_t(takeNumber<std::int32_t>()));
        return true;
    case 'K':
        push(std::int64_t(takeNumber<std::uint8_t>()));
        return true;
    case 'M':
        push(std::int64_t(takeNumber<std::uint16_t>()));
        return true;
    case 'G': { // big-endian double
        const auto bits = takeNumber<std::uint64_t>();
        push(std::bit_cast<double>(__builtin_bswap64(bits)));
        return true;
    }
    case 0x8a: { // LONG1: little-endian, two's complement, of any length
        const std::string_view digits = take(takeNumber<std::uint8_t>());
        if (digits.size() > sizeof(std::int64_t))
            fail("holds a number of more than 64 bits");
        std::int64_t number = !digits.empty() && (digits.back() & 0x80) ? -1 : 0;
        std::memcpy(&number, digits.data(), digits.size());
        push(number);
        return true;
    }
    default:
        return false;
    }
}

bool Machine::pushString(unsigned char opcode)
{
    std::size_t length = 0;
    switch (opcode) {
    case 'X': // BINUNICODE
    case 'T': // BINSTRING
    case 'B':
        length = takeNumber<std::uint32_t>();
        break; // BINBYTES
    case 0x8c: // SHORT_BINUNICODE
    case 'U':  // SHORT_BINSTRING
    case 'C':
        length = takeNumber<std::uint8_t>();
        break; // SHORT_BINBYTES
    case 0x8d:
        length = takeNumber<std::uint64_t>();
        break; // BINUNICODE8
    default:
        return false;
    }
    push(std::string(take(length)));
    return true;
}

bool Machine::pushContainer(unsigned char opcode)
{
    switch (opcode) {
    case '(':
        m_marks.push_back(m_stack.size());
        return true;
    case ')':
        push(Sequence{});
        return true;
    case ']':
        push(Sequence{});
        return true;
    case '}':
        push(Dict{});
        return true;
    case 't':
        push(Sequence{popToMark()});
        return true;
    case 0x85:
        pushTuple(1);
        return true;
    case 0x86:
        pushTuple(2);
        return true;
    case 0x87:
        pushTuple(3);
        return true;
    default:
        return false;
    }
}

bool Machine::fillContainer(unsigned char opcode)
{
    std::vector<Id> items;
    switch (opcode) {
    case 'a': // APPEND
        items = {pop()};
        break;
    case 's': { // SETITEM
        const Id value = pop(), key = pop();
        items = {key, value};
        break;
    }
    case 'e': // APPENDS
    case 'u': // SETITEMS
        items = popToMark();
        break;
    default:
        return false;
    }
    Value &container = top();
    if (auto *list = std::get_if<Sequence>(&container); list && (opcode == 'a' || opcode == 'e')) {
        list->items.insert(list->items.end(), items.begin(), items.end());
        return true;
    }
    auto *dict = std::get_if<Dict>(&container);
    if (!dict || opcode == 'a' || opcode == 'e' || items.size() % 2 != 0)
        fail("fills something that is not the container it should be");
    for (std::size_t i = 0; i < items.size(); i += 2)
        dict->items.emplace_back(items[i], items[i + 1]);
    return true;
}

bool Machine::useMemo(unsigned char opcode)
{
    const auto get = [this](std::uint32_t slot) {
        const auto found = m_memo.find(slot);
        if (found == m_memo.end())
            fail("refers to a value it has not made");
        m_stack.push_back(found->second);
        return true;
    };
    const auto put = [this](std::uint32_t slot) {
        const Id id = pop();
        m_stack.push_back(id);
        m_memo[slot] = id;
        return true;
    };
    switch (opcode) {
    case 'q':
        return put(takeNumber<std::uint8_t>());
    case 'r':
        return put(takeNumber<std::uint32_t>());
    case 0x94:
        return put(static_cast<std::uint32_t>(m_memo.size())); // MEMOIZE
    case 'h':
        return get(takeNumber<std::uint8_t>());
    case 'j':
        return get(takeNumber<std::uint32_t>());
    default:
        return false;
    }
}

bool Machine::applyGlobal(unsigned char opcode)
{
    switch (opcode) {
    case 'c': { // GLOBAL
        const std::string_view module = takeLine(), name = takeLine();
        push(acceptedGlobal(module, name, m_file));
        return true;
    }
    case 0x93: { // STACK_GLOBAL
        const Id name = pop(), module = pop();
        push(acceptedGlobal(text(module), text(name), m_file));
        return true;
    }
    case 'Q': { // BINPERSID
        const Id id = pop();
        push(storageOf(m_pickle, m_pickle.values[id], m_file));
        return true;
    }
    case 'R': { // REDUCE
        const Id arguments = pop(), callable = pop();
        const auto *global = std::get_if<Global>(&m_pickle.values[callable]);
        if (!global)
            fail("calls something that is not a function");
        push(call(m_pickle, *global, m_pickle.values[arguments], m_file));
        return true;
    }
    case 'b': // BUILD: torch hangs "_metadata" on a state dict with it, which says nothing about the tensors
        pop();
        if (!std::holds_alternative<Dict>(top()))
            fail("sets the state of something that is not a plain container");
        return true;
    default:
        return false;
    }
}

Pickle Machine::run()
{
    while (true) {
        const auto opcode = takeNumber<std::uint8_t>();
        if (opcode == '.') { // STOP
            m_pickle.root = pop();
            return std::move(m_pickle);
        }
        if (opcode == 0x80) { // PROTO
            if (takeNumber<std::uint8_t>() > 5)
                fail("has an unknown protocol");
        } else if (opcode == 0x95) { // FRAME: a hint to readers of streams
            take(sizeof(std::uint64_t));
        } else if (!pushScalar(opcode) && !pushString(opcode) && !pushContainer(opcode) && !fillContainer(opcode) &&
                   !useMemo(opcode) && !applyGlobal(opcode)) {
            throw Error(m_file + " has the instruction " + std::to_string(opcode) +
                        " in its pickle, which makes something other than tensors and plain containers; save the model's "
                        "state_dict, or use safetensors.");
        }
    }
}

} // namespace

void damaged(const std::string &file, const std::string &reason)
{
    throw Error(file + " is damaged: " + reason + "; fetch it again.");
}

Pickle run(std::string_view &bytes, const std::string &file)
{
    return Machine(bytes, file).run();
}

} // namespace awb::pickle
