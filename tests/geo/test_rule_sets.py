"""Rule sets as data: the shipped ones stand as quoted, a faulty file is refused with every fault named."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.errors import InvalidDataError, NotFoundError
from geo.rule_sets import read_rule_set, rule_set, shipped_rule_sets

HEAD = 'id = "t"\nzh = "测试"\nen = "Test"\nsource = "s"\ndate = "2026"\nnote = "n"\n'


def written(tmp_path: Path, *checks: str, head: str = HEAD, extra: str = "") -> Path:
    rules = "".join(
        f'[[rules]]\nid = "r{n}"\nzh = "条"\nen = "rule"\nseverity = "required"\n{extra}\ncheck = {check}\n'
        for n, check in enumerate(checks)
    )
    path = tmp_path / "t.toml"
    path.write_text(head + rules, encoding="utf-8")
    return path


def test_shipped_sets_carry_source_and_date() -> None:
    sets = shipped_rule_sets()
    assert set(sets) == {"acftu-6", "xian-8", "6x", "star-demo"}
    for chosen in sets.values():
        assert chosen.source
        assert chosen.date
    # 六有 and 八有 are six and eight by name; 6+X is six and one further
    assert [len(sets[name].rules) for name in ("acftu-6", "xian-8", "6x")] == [6, 8, 7]
    assert {rule.stars for rule in sets["star-demo"].rules} == {1, 2, 3, 4, 5}


def test_xian_wants_the_toilet_inside_and_the_nation_takes_one_nearby() -> None:
    toilet = next(rule for rule in rule_set("xian-8").rules if rule.id == "toilet")
    assert toilet.check == {"amenity": "toilet"}
    functions = next(rule for rule in rule_set("acftu-6").rules if rule.id == "functions")
    assert {"amenity": "toilet", "nearby_m": 300} in functions.check["all"]


def test_an_unknown_set_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFoundError, match=r"'gold'.*xian-8"):
        rule_set("gold")


GOOD = [
    '{ amenity = "toilet", nearby_m = 300 }',
    '{ amenity = "first_aid", unexpired = true }',
    '{ service = "legal", values = ["yes"] }',
    '{ field = "sign_outside", equals = "yes" }',
    '{ field = "host_type", in = ["bank", "post"] }',
    '{ field = "area_m2", min = 12 }',
    '{ field = "seats", min = 2, max = 9.5 }',
    '{ field = "hours_confirmed_on", fresh_days = 90 }',
    "{ on_map = { platforms = 2, fresh_days = 180, pin_error_m = 50 } }",
    '{ open_in = { windows = ["T3", "T4"], days = 5 } }',
    "{ nearest_station_m = { max = 2000 } }",
    '{ any = [{ all = [{ amenity = "seat" }] }, { amenity = "nap" }] }',
]


def test_every_kind_of_check_is_read(tmp_path: Path) -> None:
    found = read_rule_set(written(tmp_path, *GOOD))
    assert [rule.id for rule in found.rules] == [f"r{n}" for n in range(len(GOOD))]
    assert found.rules[0].check == {"amenity": "toilet", "nearby_m": 300}
    assert found.source == "s"


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("{}", "exactly one of"),
        ('"toilet"', "exactly one of"),
        ('{ amenity = "toilet", service = "legal" }', "exactly one of"),
        ('{ amenity = "gold" }', "catalogue"),
        ('{ amenity = "legal" }', "catalogue"),
        ('{ service = "toilet" }', "catalogue"),
        ('{ amenity = ["toilet"] }', "catalogue"),
        ('{ amenity = "toilet", min = 3 }', "not allowed beside amenity"),
        ('{ amenity = "toilet", nearby_m = "near" }', "nearby_m must be a number"),
        ('{ amenity = "toilet", values = "yes" }', "values must be a list"),
        ('{ amenity = "toilet", values = ["unknown"] }', "values must be a list"),
        ('{ amenity = "toilet", unexpired = "yes" }', "unexpired must be true"),
        ('{ field = "colour", equals = "red" }', "must name a field"),
        ('{ field = "area_m2" }', "one comparison"),
        ('{ field = "area_m2", min = 3, equals = 4 }', "one comparison"),
        ('{ field = "name", min = 3 }', "must compare area_m2 or seats"),
        ('{ field = "area_m2", min = "big" }', "must be numbers"),
        ('{ field = "hours", fresh_days = 9 }', "must compare"),
        ('{ field = "opened_on", fresh_days = -1 }', "fresh_days must be a whole number"),
        ('{ field = "host_type", in = "bank" }', "in must be a list"),
        ("{ on_map = { platforms = 2 } }", "must hold fresh_days, pin_error_m, platforms"),
        ("{ on_map = { platforms = 4, fresh_days = 1, pin_error_m = 1 } }", "platforms must be .* 1 to 3"),
        ("{ on_map = { platforms = true, fresh_days = 1, pin_error_m = 1 } }", "platforms must be"),
        ('{ open_in = { windows = ["T9"], days = 5 } }', "windows must be a list"),
        ("{ open_in = { windows = [], days = 5 } }", "windows must be a list"),
        ('{ open_in = { windows = ["T3"], days = 8 } }', "days must be .* 1 to 7"),
        ("{ nearest_station_m = { max = -1 } }", "max must be a number"),
        ("{ nearest_station_m = 2000 }", "must hold max"),
        ("{ all = [] }", "list of checks"),
        ('{ any = [{ amenity = "seat" }, { amenity = "gold" }] }', "catalogue"),
    ],
)
def test_a_check_outside_the_schema_is_refused(tmp_path: Path, check: str, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        read_rule_set(written(tmp_path, check))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, '{ amenity = "gold" }', "{}", head=HEAD.replace('source = "s"', 'colour = "s"'))
    with pytest.raises(InvalidDataError) as caught:
        read_rule_set(path)
    where = [(problem.where, problem.field) for problem in caught.value.problems]
    assert where == [
        ("t.toml", "colour"),
        ("t.toml", "source"),
        ("t.toml, rule 1", "amenity"),
        ("t.toml, rule 2", "check"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id = ", "not TOML"),
        (HEAD, "must hold rules"),
        (HEAD + "rules = 3", "must hold rules"),
        (HEAD + "rules = [3]", "must be a table"),
    ],
)
def test_a_file_that_is_no_rule_set_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDataError, match=message):
        read_rule_set(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_bytes(b'id = "\xff\xfe"')
    with pytest.raises(InvalidDataError, match="not TOML"):
        read_rule_set(path)


@pytest.mark.parametrize(
    ("line", "message"), [("stars = 6", "1 to 5"), ("stars = true", "1 to 5"), ("x = 1", "unknown key")]
)
def test_a_rule_is_checked_too(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        read_rule_set(written(tmp_path, '{ amenity = "seat" }', extra=line))


def test_a_rule_may_not_stand_twice(tmp_path: Path) -> None:
    path = written(tmp_path, '{ amenity = "seat" }', '{ amenity = "nap" }')
    path.write_text(path.read_text(encoding="utf-8").replace('"r1"', '"r0"'), encoding="utf-8")
    with pytest.raises(InvalidDataError, match="'r0'"):
        read_rule_set(path)
