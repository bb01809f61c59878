"""The hard strings of the tokenizer's tests: a list that is the same every time. Used by tokenizer.py."""

import random
import unicodedata

SPECIAL = ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"]

TEXTS = """
The children were playing outside, weren't they?
UNAFFABLE unaffable Unaffably re-reading 3.14159 1,000,000 $5.00 50% #1 @home a_b c++ C# don't
e.g. i.e. U.S.A. Ph.D. ... -- --- 'quoted' "double" (round) [square] {curly} <angle>
https://example.org/a?b=c&d=e#f user.name+tag@example.org /usr/local/bin C:\\Temp\\x.txt
x^2 + y^2 = z^2; a|b ~ c `code` a=b<c>d $HOME
Crème brûlée, naïve façade, coöperate, Ångström, São Tomé, jalapeño, Dvořák, Łódź, Malmö
CRÈME BRÛLÉE NAÏVE FAÇADE COÖPERATE ÅNGSTRÖM SÃO TOMÉ JALAPEÑO DVOŘÁK ŁÓDŹ MALMÖ
Straße STRASSE ẞ ß Maße GROẞE Fußgängerübergänge
ΟΔΥΣΣΕΥΣ Οδυσσεύς ὈΔΥΣΣΕΎΣ ΣΑΣ σας Σ ς ᾳ ᾼ ῼ ΐ ΰ ᾂ Ἄϊδος
İstanbul ISPARTA ısırgan IŞIK ışık İİ Iı iİ i̇
Việt Nam: Đường phố Hồ Chí Minh, quyển truyện, ĐƯỜNG PHỐ
Příliš žluťoučký kůň úpěl ďábelské ódy; Zażółć gęślą jaźń; Ğüşöç
Съешь ещё этих мягких французских булок, да выпей чаю. ЁЖ Йод й ё Ї ї Ѷ
Հայերեն այբուբեն՝ ԲԱՐԵՒ, և ԵՎ։ საქართველო ᲡᲐᲥᲐᲠᲗᲕᲔᲚᲝ Ⴀⴀ
שָׁלוֹם עֲלֵיכֶם, בְּרֵאשִׁית בָּרָא אֱלֹהִים׃ ק״ג ש׳
السَّلَامُ عَلَيْكُمْ، كَيْفَ حَالُكَ؟ أَهْلًا وَسَهْلًا؛ ٱلْقُرْآن آ أ إ ۀ ـــ ٣٫١٤ ٪
नमस्ते दुनिया। क़ख़ग़ ज़रा ड़ ढ़ क्षत्रिय हिन्दी ॐ १२३ ऩऱऴ
বাংলা ভাষা কো কৌ ড় ঢ় য় ৳১০০। தமிழ் மொழி கொ கோ கௌ ஹ்ர தெலுగు భాష కై
ಕನ್ನಡ ಭಾಷೆ ಕೀ ಕೊ ಕೋ ೀ മലയാളം കൊ കോ ക്ഷ සිංහල කෝ කෞ ගුරු ਪੰਜਾਬੀ ਸ਼ ਖ਼
สวัสดีชาวโลก น้ำ ก็ ๑๒๓ ๏ ฿ ๛ ສະບາຍດີ ນ້ຳ ໆ
བོད་སྐད། ཧཱུྃ གྷ ཱི མྱ་ངན་ ༄༅། မြန်မာဘာသာ ၏၊ ဦး ភាសាខ្មែរ។ ៛ ្រ
አማርኛ፡ቋንቋ። ᏣᎳᎩ ꭰꭱ ᐃᓄᒃᑎᑐᑦ᙮ ᚠᚢᚦ᛫ ᚁᚂ᚛ ᠮᠣᠩᠭᠣᠯ᠎ᠠ᠂ ᜠᜪ᜴᜵ ᬅᬆ ꦄ꧇
我喜歡學習。你呢?漢字和English混合123 中文 ， 、 《书》 「引」
日本語のテキスト、ひらがなとカタカナ。がぎぐ パピプ ヴァ ゞ ヾ ー・ 々 〆 〇 ㍿ ﾊﾟﾝ ｶﾞ
한국어 텍스트 각갂힣 가 ᄒᆞᆫ ㅎㅏㄴ 한글과 漢字 섞기
ﬁne ﬂow oﬃce ﬅ ﬆ ĳ Ĳ ŉ ǆ ǅ Ǆ ǈ ﬗ ﷲ ﷺ Ⅷ ⅷ ① Ⓐ ⓐ ½ ² ₃ ™ № ℃ Ω Ω K K Å Å
😀 😃👍 👍🏽 👩‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪🇫🇷 ❤ ❤️ ☺︎ ☺️ 1️⃣ #️⃣ ⌚️ a😀b 🫠🫡 🥹
𝐁𝐨𝐥𝐝 𝒮𝒸𝓇𝒾𝓅𝓉 𝔉𝔯𝔞𝔨 𝟘𝟙𝟚 𐐀𐐁𐐨 𐒰𐓘 𞤀𞤢 𑢠𑣀 𖹀𖹠 𐌰𐌱 𒀀𒐖 𓀀 𐏐 𐎟 𝅗𝅥 𝅘𝅥𝅮 𛰟 𑂚 𑒻
𠀀𠀁 𪛟 𪜀 𫝀 𫠠 𬀀 𰀀 丽 豈更車 﨎 ⺀ ⼀ 〡 㐀䶿 鿿 龦 ㄅㄆ ꀀ
Ⱥ ⱥ ȺȾ Ɐ Ɑ ꞭꞮ Ʞ Ʇ Ɬ Ꞵ Ꟃ Ʂ Ƛ Ꟍ Ᲊ Ꟛ ᏸ Ᏸ Ᏹ Ⴧ Ა ᾈ ᾘ ᾨ Dž ǲ Ϻ ϴ ẞ
l'été à l'œuvre où ça naît — « guillemets » ‹a› „unten“ “oben” ‘x’ ‚y‛ … ‥ • ‣ § ¶ † ‡ ¿Qué? ¡Hola!
price €100 £20 ¥3 ₹7 ¢5 ₿1 a±b a×b÷c ≤ ≥ ≠ ∞ √ ∑ ← → ↔ ⇒ ■ ★ ♥ ♪ ✓ ° ¬ ¦ © ® ¨ ´ ¸ ¯ ˜ ˆ
""".strip("\n").split("\n") + [
    "tab\there newline\nhere return\rhere crlf\r\nhere vertical\x0btab form\x0cfeed nul\x00here del\x7fhere",
    "soft\u00adhyphen zero\u200bwidth no\u2060break join\u200der non\u200cjoin bom\ufeffhere lrm\u200e rlm\u200f \u202aembed\u202c \u2066iso\u2069",
    "replacement\ufffdhere object\ufffchere private\ue000use plane\U000f0000fifteen last\U0010ffff non\ufffechar tag\U000e0041x vs\ufe0f vs\U000e0100",
]


def accents():
    marks = ["\u0300", "\u0301", "\u0308", "\u0323", "\u0327", "\u0328", "\u0345", "\u0338", "\u20d2", "\u035c", "\u0315"]
    for letter in "aEoUnCs":
        yield unicodedata.normalize("NFC", " ".join(letter + mark for mark in marks))
        yield unicodedata.normalize("NFD", " ".join(letter + mark for mark in marks))
        yield letter + "".join(marks) + " " + letter + "".join(reversed(marks))
    for mark in marks + ["\u0903", "\u302e", "\U0001d165", "\U0001d16d", "\u0488", "\u20dd"]:
        yield mark
        yield f"{mark}a {mark} b{mark}{mark}.{mark}"
        yield f"x\u302e{mark}\u302f{mark}y"
        yield f"e\x01{mark}\u00ad\u0316\U0001d165\x02\u302ez"


def one_character_each():
    ranges = [(0x00, 0x21), (0x7F, 0xA2), (0x2000, 0x2010), (0x2028, 0x2030), (0x205F, 0x2070), (0xFFF9, 0xFFFE)]
    single = [chr(c) for first, end in ranges for c in range(first, end)]
    single += list("\u00ad\u034f\u0600\u0605\u061c\u06dd\u070f\u0890\u08e2\u1680\u17b4\u180e\u3000\ufeff\ufe00\ufe0f"
                   "\ue000\uf8ff\ufdd0\ufffe\uffff\u0378\u0530\u2065\ufff0")
    single += [chr(c) for c in (0x110BD, 0x110CD, 0x13430, 0x1BCA0, 0x1D173, 0x1FFFE, 0x30000, 0x50000, 0xE0001, 0xE0041,
                                0xE0100, 0xF0000, 0xFFFFD, 0x100000, 0x10FFFD, 0x10FFFF)]
    for c in single:
        yield f"Ab{c}cD {c} \u00e9{c}\u0301"


def punctuation():
    marks = [chr(c) for c in range(0x21, 0x7F) if not chr(c).isalnum()]
    marks += list("\u00a1\u00a7\u00ab\u00b6\u00b7\u00bb\u00bf\u037e\u0387\u055a\u0589\u05be\u060c\u061f\u0964\u0e4f\u0f04\u10fb"
                  "\u1400\u166d\u166e\u1735\u1806\u2010\u2015\u2018\u201c\u2020\u2026\u2030\u203f\u2045\u207d\u2308\u2329\u2768"
                  "\u27e6\u2983\u2cf9\u2e00\u2e3f\u2e42\u2e43\u2e52\u2e5d\u3001\u3008\u3030\u30fb\ua4fe\ua60d\ufd3e\ufe10\ufe33"
                  "\uff01\uff3f\uff5e\uff65\u061d\u1b7d\u1fef\u00b4\u02c6\u2044\u20ac\u2212\U0001039f\U00010af0\U000111c9\U00011a3f"
                  "\U00012470\U0001da87\U00016fe2\U0001e95e")
    for i, mark in enumerate(marks):
        yield f"a{mark}b {mark}C{mark}{mark}" + ("" if i % 2 else f"\u00e9{mark}\u0300")


def tables_of_other_versions():
    """Characters on which Unicode's versions disagree: category, decomposition or case changed, or came late."""
    points = [0x1734, 0x1885, 0x1886, 0xA9BD, 0x111C9, 0x1171E, 0x0295, 0x166D, 0x08D3, 0x08D4, 0x0898, 0x1DF6, 0x1DFB, 0x1ABE,
              0x1ABF, 0x0D3B, 0x0C3C, 0x0EBA, 0x11938, 0x11D44, 0x1E8D0, 0x1E944, 0x16FF0, 0x1C89, 0xA7CB, 0xA7CC, 0xA7CD,
              0xA7CE, 0xA7D2, 0xA7D4, 0xA7DA, 0xA7DC, 0x10D50, 0x10D65, 0x16EA0, 0x16EB8, 0x1C90, 0x1CBF, 0x2C2F, 0x16E40,
              0xA7C0, 0xA7D0, 0x10570, 0x118A0, 0x2B81F, 0x2B820, 0x2B91F, 0x2B920, 0x2CEAF, 0x2CEB0, 0x2EBE0, 0x3400, 0x4DBF,
              0x4DC0, 0x4E00, 0x9FFF, 0xA000, 0xF8FF, 0xF900, 0xFAFF, 0xFB00, 0x20000, 0x2A6DF, 0x2A6E0, 0x2A700, 0x2F7FF,
              0x2F800, 0x2FA1D, 0x2FA1F, 0x2FA20, 0x33FF, 0x1F82, 0x0390, 0x1D160, 0xAC00, 0xD7A3, 0x212A, 0x212B, 0x2126]
    for point in points:
        yield f"Ab{chr(point)}\u0301\u302eC {chr(point)}{chr(point)}"


def long_words():
    for length in (99, 100, 101, 200):
        for unit in ("a", "ab", "\u00e9", "e\u0301", "\u042f", "\u0e01", "\U0001d400", "\uac00", "A", "\u0130"):
            word = (unit * length)[:length]
            yield f"x {word} y"
    yield "a" * 99 + "!" + "b" * 101
    yield "\u4e2d" * 120
    yield "\u00ad" * 150 + "a" * 100 + "\u200b"
    yield "0" * 100 + " " + "0" * 101


def special_tokens():
    for token in SPECIAL:
        for pattern in ("{}", "{}{}", " {} ", "a{}b", "the {} the", "{}.", "({})", "#{}#", "##{}", "[{}]", "\u00e9{}\u0301",
                        "e{}\u0301\u302e", "\u4e2d{}\u4e2d", "{}\x00{}", "UN{}able"):
            yield pattern.replace("{}", token)
        yield " ".join([token.lower(), token.title(), token[:-1], token[1:], token.replace("[", "[ "), token[:2] + "\u200b" + token[2:]])
        yield "\uff3b" + token[1:] + " " + token[:2] + "\u0301" + token[2:] + token
    yield "".join(SPECIAL)
    yield "[CLS[SEP]] [[CLS]] [MAS[MASK]K] [cls] [Mask]"
    for text in ("##", "##ing", "play##ing", "play ##ing", "###", "# #ing", "####", "#\u0301#ing", "##\u4e2d", "the##", "[unused1]", "[UNUSED1]"):
        yield text


def mixtures(count):
    """Random strings over everything above, without layout."""
    draw = random.Random(1905)
    pool = [c for text in TEXTS for c in text if c != " "]
    pool += [c for text in punctuation() for c in text]
    marks = [chr(c) for c in range(0x300, 0x370)] + ["\u302a", "\u302e", "\u302f", "\U0001d165", "\U0001d172", "\u0f71", "\u0f72", "\u3099"]
    for _ in range(count):
        text = ""
        for _ in range(draw.randint(5, 30)):
            text += draw.choice(pool) if draw.random() < 0.8 else draw.choice(marks)
            text += draw.choice(["", "", "", " ", "\x01", "\u200d"])
        yield text


def hard_strings():
    strings = ["", " ", "\n", "\u3000", "\u200b"]
    for text in TEXTS:
        strings += [text, text.upper(), unicodedata.normalize("NFD", text), unicodedata.normalize("NFC", text)]
    for part in (accents(), one_character_each(), punctuation(), tables_of_other_versions(), long_words(), special_tokens(), mixtures(120)):
        strings += part
    return list(dict.fromkeys(strings))
