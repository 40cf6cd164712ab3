"""Amenities and services as clerks list them (``饮水机、空调(坏)、厕所(附近120米)``) turned into codes.

Each item is one known word with an optional "no", count or remark in brackets. Anything else is a named
problem and never a guess; where a customary meaning is taken (充电 = charging a phone), ``assumptions`` says
so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from geo.amenities import catalogue


@dataclass(frozen=True)
class ClerkAmenities:
    """What became of a clerk's list: entries by code, in JSON-ready form, and every problem found."""

    entries: dict[str, dict[str, Any]]
    assumptions: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: dict[str, str] = {
    "water_hot": "热水 开水 饮水机 开水器 开水机 热水器 热水壶 烧水壶 电水壶 茶水 热饮 直饮水机 饮水设备",
    "water_cool": "常温水 凉水 冰水 冷水 纯净水 矿泉水 瓶装水 桶装水 直饮水 饮用水 饮水 喝水 凉白开",
    "microwave": "微波炉 热饭 热饭设备 加热饭菜 热饭机",
    "fridge": "冰箱 冰柜 冷藏柜",
    "seat": "座椅 椅子 凳子 座位 沙发 休息座椅 长椅 休息 休息区 休息室 歇脚",
    "table": "桌子 餐桌 书桌",
    "seat table": "桌椅 休息桌椅 餐桌椅 桌凳",
    "nap": "躺椅 午休 午休区 午休躺椅 折叠床 午休床 休息床",
    "cooling": "空调 风扇 电扇 电风扇 冷风机 纳凉 制冷",
    "cooling heating": "冷暖空调 纳凉取暖",
    "heating": "取暖 暖气 取暖器 电暖器 电暖气 暖风机 地暖 供暖",
    "toilet": "卫生间 厕所 洗手间 公厕 如厕 公共厕所",
    "handwash": "洗手池 洗手 洗漱台 洗手台 洗漱",
    "shower": "淋浴 洗澡 沐浴",
    "sanitary": "卫生用品 卫生巾",
    "charge_phone": "手机充电 充电 充电插座 充电插排 充电线 充电器 插座 插排 手机充电器 充电设备 充电柜",
    "power_bank": "充电宝 共享充电宝",
    "charge_ebike": "电动车充电 电瓶车充电 电动自行车充电 电单车充电",
    "swap_ebike": "换电柜 换电",
    "charge_ev": "新能源车充电 汽车充电 新能源汽车充电 电动汽车充电",
    "first_aid": "应急药箱 药箱 急救箱 医药箱 急救包 应急药品 常用药品 药品 常备药 小药箱 急救药箱 爱心药箱",
    "heat_meds": "防暑药品 防暑药 防暑降温药品 藿香正气水 清凉油 仁丹 人丹 防暑降温用品",
    "bp_meter": "血压计 血压仪 测血压",
    "aed": "aed AED除颤器 除颤仪 除颤器 aed除颤仪",
    "toolbox": "工具修理箱 工具箱 维修工具 修理工具 工具 修车工具 维修工具箱",
    "pump": "打气筒 充气泵",
    "sewing": "针线包 针线盒 针线",
    "umbrella": "雨伞 爱心伞 便民伞 爱心雨伞",
    "raincoat": "雨衣",
    "books": "阅读角 书报 图书 报刊 书籍 书架 书报架 报刊架 书籍报刊 图书角 书刊 杂志",
    "staff_library": "职工书屋",
    "wifi": "无线网络 wifi WI-FI 无线网 免费wifi 上网 无线wifi",
    "tv": "电视 电视机",
    "print": "自助打印 打印 打印机 复印",
    "locker": "储物柜 寄存柜 存包柜 置物柜",
    "nursing_room": "母婴关爱室 母婴室 哺乳室 爱心妈妈小屋 母婴",
    "changing_table": "婴儿尿布台 尿布台",
    "female_room": "女职工休息区 女职工休息室",
    "parking_ebike": "非机动车停放 电动车停放 自行车停放 非机动车停车",
    "parking_short": "机动车临停 临时停车",
    "parking_truck": "货车停放 货车停车",
    "step_free": "无障碍 无障碍通道 坡道 无障碍设施",
    "meal_offer": "优惠餐 爱心餐 平价餐",
    "psych": "心灵驿站 心理咨询 心理疏导 心理服务",
    "legal": "法律咨询 法律援助 法律服务 普法",
    "mediation": "劳动争议调解 纠纷调解 争议调解",
    "join_union": "入会服务 入会 加入工会 扫码入会",
    "jobs": "就业服务 就业 招聘 招聘信息 岗位信息 就业信息",
    "training": "技能培训 培训",
    "season": "四季送活动 四季送 送清凉 送温暖 夏送清凉 冬送温暖",
    "health_check": "义诊 健康检查",
    "haircut": "理发 义剪",
    "gift_corner": "爱心互献 爱心互献角",
    "volunteer": "志愿服务 志愿者服务",
}
_CUSTOMARY = {
    "饮水机": "饮水机 taken as hot drinking water",
    "饮水": "饮水 taken as cool drinking water",
    "饮用水": "饮用水 taken as cool drinking water",
    "喝水": "喝水 taken as cool drinking water",
    "充电": "充电 taken as charging a phone",
    "插座": "插座 taken as charging a phone",
    "热饭": "热饭 taken as a microwave",
    "休息": "休息 taken as seats",
    "药品": "药品 taken as a first-aid kit",
}
_UNCLEAR = {
    "充电桩": "充电桩 could charge e-bikes or cars: write 电动车充电 or 新能源车充电",
    "雨具": "雨具 could be umbrellas or raincoats: write 雨伞 or 雨衣",
    "停车": "停车 could be for e-bikes, cars or trucks",
    "停车场": "停车场 could be for e-bikes, cars or trucks",
}
_KINDS = _words("空调 风扇 电扇 电风扇 冷风机 沙发 长椅 暖气 地暖 直饮水 瓶装水")
_SEPARATORS = re.compile(r"[、,;/|\n\r\t。]+|\s{2,}|(?:(?<=[一-鿿)])\s|\s(?=[一-鿿]))(?![\d(x×*])")
_BRACKETED = re.compile(r"\(([^()]*)\)")
_LABEL = re.compile(r"^(?:服务设施|设施|服务内容|服务|配备|配有|提供|设有|备有)[::]?")
_COUNT = re.compile(
    r"^(?P<word>.*?)\s*[x×*]?\s*(?P<count>\d{1,4})\s*(?:个|台|把|张|套|只|部|处|间|排|组|床|座|盒)?$"
)
_METRES = re.compile(
    r"^(?:附近|旁边?|就近|距离?|约|大约|步行)*(?P<m>\d+(?:\.\d+)?)\s*(?P<unit>米|m|公里|千米|km)(?:处|内|以内|有)?$"
)
_NO = re.compile(r"^(?:没有|暂无|未配备?|缺少?|不提供|尚无|无(?!线|障碍))")
_BROKEN = _words("坏 坏了 已坏 损坏 故障 有故障 维修 维修中 待修 待维修 停用 不能用 无法使用 坏的 broken")
_ABSENT = _words("无 没有 暂无 未配 未配备 缺 否 不提供 0 x × ✗ ✘ n no")
_PRESENT = _words("有 是 已配 已配备 配备 齐全 正常 完好 可用 免费 1 √ ✓ ✔ ☑ y yes ok")
_UNKNOWN = _words("未核实 不详 不清楚 待核实 未知 ? unknown")
_LIMITED = _words("有限 有限制 限量 限时 限制 limited")
_NEARBY = _words("附近 附近有 旁边 就近 隔壁 附近可用 nearby")
_MAX_ITEM = 40


def parse_clerk_amenities(text: str) -> ClerkAmenities:
    """Return codes for a clerk's list of amenities or services, and a problem for each item not understood.

    >>> parse_clerk_amenities("微波炉、空调(坏)、厕所（附近120米）").entries["toilet"]
    {'value': 'nearby', 'distance_m': 120.0}
    >>> parse_clerk_amenities("充电桩").problems
    ('充电桩 could charge e-bikes or cars: write 电动车充电 or 新能源车充电',)
    """
    entries: dict[str, dict[str, Any]] = {}
    assumptions: list[str] = []
    problems: list[str] = []
    for item in _items(text):
        codes, entry, problem = _item(item, assumptions)
        if problem:
            problems.append(problem)
        for code in codes:
            if code in entries and entries[code]["value"] != entry["value"]:
                both = f"{entries[code]['value']} and {entry['value']}"
                problems.append(f"{item}: {code} is said to be {both}")
                entries[code] = {"value": "unknown"}
            elif code not in entries or len(entry) > len(entries[code]):
                entries[code] = dict(entry)
    return ClerkAmenities(entries, tuple(assumptions), tuple(problems))


def parse_clerk_state(text: str) -> dict[str, Any] | None:
    """Return the entry a cell of an amenity's own column stands for (有, √, 2台, 附近120米), None if unclear.

    >>> parse_clerk_state("√"), parse_clerk_state("附近120米"), parse_clerk_state("大概吧")
    ({'value': 'yes'}, {'value': 'nearby', 'distance_m': 120.0}, None)
    """
    plain = _plain(text)
    state = _state(plain)
    if state is None and (match := _COUNT.match(plain)) and not match["word"]:
        count = int(match["count"])
        return {"value": "yes", "count": count} if count else {"value": "no"}
    return state


def amenity_of_word(word: str) -> str | None:
    """Return the one code a word names, None when it names none or several.

    >>> amenity_of_word("饮水机"), amenity_of_word("桌椅")
    ('water_hot', None)
    """
    codes = _by_word().get(_plain(word), ())
    return codes[0] if len(codes) == 1 else None


@lru_cache(maxsize=1)
def _by_word() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for codes, words in _WORDS.items():
        for word in words.split():
            found[word.casefold()] = tuple(codes.split())
    for kind in catalogue().values():
        for word in (kind.zh, kind.en, kind.code):
            found[_plain(word)] = (kind.code,)
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _items(text: str) -> Iterator[str]:
    """Yield the items of a list; separators inside brackets don't part them."""
    plain = _LABEL.sub("", _plain(text))
    kept: list[str] = []

    def away(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\ue000{len(kept) - 1}\ue001"

    for part in _SEPARATORS.split(_BRACKETED.sub(away, plain)):
        item = re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match[1])], part).strip().rstrip(".")
        if item and item not in ("等", "..."):
            yield item


def _item(item: str, assumptions: list[str]) -> tuple[tuple[str, ...], dict[str, Any], str | None]:
    """Return (codes, entry, problem) of one item."""
    if len(item) > _MAX_ITEM:
        return (), {}, f"{item[:_MAX_ITEM]}…: too long to be an amenity"
    remarks = [remark.strip() for remark in _BRACKETED.findall(item) if remark.strip()]
    word = _BRACKETED.sub("", item).strip().removesuffix("等")
    entry: dict[str, Any] = {"value": "yes"}
    codes = _by_word().get(item) or _by_word().get(word)
    if codes is None and (absent := _NO.match(word)):
        entry, word = {"value": "no"}, word[absent.end() :]
        codes = _by_word().get(word)
    if codes is None and (broken := re.match(r"(.+?)(?:坏了|已坏|损坏|故障|待修|维修中|停用)$", word)):
        entry, word = {"value": "broken"}, broken[1]
        codes = _by_word().get(word)
    if codes is None and (near := re.match(r"(?:附近|旁边|就近)(?:有|可用|的)?(.+)$", word)):
        entry, word = {"value": "nearby"}, near[1]
        codes = _by_word().get(word)
    if codes is None and (far := re.match(r"(.+?)((?:附近|旁边|距离?|约|\d)\S*(?:米|m|公里|km))$", word)):
        entry, word = _state(far[2]) or entry, far[1]
        codes = _by_word().get(word)
    if codes is None and (counted := _COUNT.match(word)):
        entry, word = {"value": "yes", "count": int(counted["count"])}, counted["word"].strip()
        codes = _by_word().get(word)
    if codes is None:
        return (), {}, _UNCLEAR.get(word, f"{item}: not a known amenity or service")
    if word in _CUSTOMARY:
        assumptions.append(_CUSTOMARY[word])
    if word in _KINDS:
        entry["kind"] = word
    for remark in remarks:
        state = _state(remark) or (
            {"count": int(n["count"])} if (n := _COUNT.match(remark)) and not n["word"] else None
        )
        if state is None:
            return (
                codes,
                {"value": "unknown", "note": remark},
                f"{item}: the remark ({remark}) is not understood",
            )
        entry |= state
    return codes, entry, None


def _state(text: str) -> dict[str, Any] | None:
    for words, value in (
        (_BROKEN, "broken"),
        (_ABSENT, "no"),
        (_PRESENT, "yes"),
        (_UNKNOWN, "unknown"),
        (_LIMITED, "limited"),
        (_NEARBY, "nearby"),
    ):
        if text in words:
            return {"value": value}
    if match := _METRES.match(text):
        metres = float(match["m"]) * (1000.0 if match["unit"] in ("公里", "千米", "km") else 1.0)
        return {"value": "nearby", "distance_m": metres}
    return None
