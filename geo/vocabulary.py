"""Controlled words of the register: every allowed value with its Chinese and English label.

The values are those of the outside contract; labels are what pages and exports print.
"""

from __future__ import annotations

from typing import Literal

Kind = Literal["fixed", "mobile"]
Status = Literal["planned", "trial", "operating", "temporarily_closed", "rectifying", "retired"]
EntryMethod = Literal[
    "walk_in", "register", "scan", "id_card", "face", "password", "ask_staff", "remote", "members_only"
]
Ownership = Literal["union_built", "gov_built", "social_aided", "integrated"]
HostType = Literal[
    "party_centre", "community_centre", "union", "bank", "post", "telecom", "fuel", "ev_charging",
    "public_toilet", "sanitation_depot", "road_depot", "park", "hospital", "shop", "mall", "parcel",
    "transit", "government", "gatehouse", "site", "library", "school", "enterprise", "market", "kiosk",
    "other",
]  # fmt: skip
Level = Literal["basic", "benchmark", "smart_24h", "star_1", "star_2", "star_3", "star_4", "star_5"]
HonourLevel = Literal["district", "city", "province", "national"]
AmenityValue = Literal["yes", "limited", "nearby", "broken", "no", "unknown"]
YesNoUnknown = Literal["yes", "no", "unknown"]
ProvenanceValue = Literal["source", "survey", "illustrative"]
Precision = Literal["entrance", "building", "compound", "street", "approximate"]

SERVING_STATUSES: frozenset[str] = frozenset({"operating", "trial"})
"""Statuses under which a station serves workers (nearest and coverage count only these)."""

LABELS: dict[str, dict[str, tuple[str, str]]] = {
    "kind": {"fixed": ("固定", "Fixed"), "mobile": ("流动", "Mobile")},
    "status": {
        "planned": ("规划中", "Planned"),
        "trial": ("试运行", "On trial"),
        "operating": ("正常开放", "Operating"),
        "temporarily_closed": ("临时停用", "Temporarily closed"),
        "rectifying": ("整改中", "Under repair"),
        "retired": ("已撤销", "Retired"),
    },
    "entry_method": {
        "walk_in": ("直接进入", "Walk in"),
        "register": ("登记", "Sign in"),
        "scan": ("扫码", "Scan a code"),
        "id_card": ("刷身份证", "ID card"),
        "face": ("刷脸", "Face"),
        "password": ("密码", "Door code"),
        "ask_staff": ("找工作人员", "Ask staff"),
        "remote": ("远程开门", "Opened remotely"),
        "members_only": ("需先入会", "Members only"),
    },
    "ownership": {
        "union_built": ("工会自建", "Built by the union"),
        "gov_built": ("政府兴建", "Built by government"),
        "social_aided": ("社会助建", "Aided by society"),
        "integrated": ("集成共建", "Built jointly"),
    },
    "host_type": {
        "party_centre": ("党群服务中心", "Party centre"),
        "community_centre": ("社区服务中心", "Community centre"),
        "union": ("工会", "Union"),
        "bank": ("银行网点", "Bank"),
        "post": ("邮政网点", "Post office"),
        "telecom": ("通信营业厅", "Telecom shop"),
        "fuel": ("加油站", "Fuel station"),
        "ev_charging": ("充电站", "EV charging station"),
        "public_toilet": ("公厕", "Public toilet"),
        "sanitation_depot": ("环卫休息室", "Sanitation depot"),
        "road_depot": ("公路道班", "Road depot"),
        "park": ("公园", "Park"),
        "hospital": ("医院", "Hospital"),
        "shop": ("商店", "Shop"),
        "mall": ("商场", "Mall"),
        "parcel": ("快递网点", "Parcel depot"),
        "transit": ("公交地铁场站", "Transit"),
        "government": ("政务大厅", "Government"),
        "gatehouse": ("门卫", "Gatehouse"),
        "site": ("工地", "Building site"),
        "library": ("图书馆", "Library"),
        "school": ("学校", "School"),
        "enterprise": ("企业", "Enterprise"),
        "market": ("市场", "Market"),
        "kiosk": ("独立板房", "Kiosk"),
        "other": ("其他", "Other"),
    },
    "level": {
        "basic": ("基本型", "Basic"),
        "benchmark": ("标杆型", "Benchmark"),
        "smart_24h": ("24小时智能型", "Smart 24 h"),
        "star_1": ("一星", "1 star"),
        "star_2": ("二星", "2 stars"),
        "star_3": ("三星", "3 stars"),
        "star_4": ("四星", "4 stars"),
        "star_5": ("五星", "5 stars"),
    },
    "honour_level": {
        "district": ("区级", "District"),
        "city": ("市级", "City"),
        "province": ("省级", "Province"),
        "national": ("全国", "National"),
    },
    "amenity_value": {
        "yes": ("有", "Yes"),
        "limited": ("有限制", "Limited"),
        "nearby": ("附近可用", "Nearby"),
        "broken": ("坏了", "Broken"),
        "no": ("没有", "No"),
        "unknown": ("未核实", "Unknown"),
    },
    "yes_no_unknown": {"yes": ("是", "Yes"), "no": ("否", "No"), "unknown": ("未核实", "Unknown")},
    "provenance": {
        "source": ("来源资料", "Source"),
        "survey": ("实地核查", "Survey"),
        "illustrative": ("示例", "Illustrative"),
    },
    "location_precision": {
        "entrance": ("入口", "Entrance"),
        "building": ("楼栋", "Building"),
        "compound": ("院落", "Compound"),
        "street": ("街道", "Street"),
        "approximate": ("大致", "Approximate"),
    },
}


def label(vocabulary: str, value: str, lang: str = "zh") -> str:
    """Return the printed word for ``value`` of ``vocabulary`` in ``lang`` (``zh`` or ``en``).

    >>> label("status", "operating"), label("status", "operating", "en")
    ('正常开放', 'Operating')
    """
    zh, en = LABELS[vocabulary][value]
    return en if lang == "en" else zh
