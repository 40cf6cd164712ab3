"""The formulas of GCJ-02 and BD-09 on arrays of places inside China, and their inverses.

Sources: the publicly known GCJ-02 polynomial (Krasovsky 1940 ellipsoid) and Baidu's published polar shift.
:mod:`geo.crs` decides which places they hold for and converts with them.

The functions move places, a (2, n) array of longitudes and latitudes in degrees, in place; the second
argument is a (ROOMS, 2, n) array of scratch. All sums are done in place since fresh memory takes longer than
they do. A place comes out the same to the last bit whatever else is converted with it, or rings would open
and shared borders part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float64]
SingleArray: TypeAlias = npt.NDArray[np.float32]
Kernel: TypeAlias = Callable[[FloatArray, FloatArray], None]

ROOMS = 6
"""How many arrays of scratch the functions need."""

_KRASOVSKY_A_M = 6378245.0
_KRASOVSKY_F = 1.0 / 298.3
_KRASOVSKY_E2 = _KRASOVSKY_F * (2.0 - _KRASOVSKY_F)
_DEGREES_PER_M = 180.0 / (np.pi * _KRASOVSKY_A_M)
_GCJ_CENTRE = np.array([[105.0], [35.0]])
_AMPLITUDE_30_M = np.array([[300.0], [320.0]]) * (2.0 / 3.0)  # east and north, wavelength 60 degrees
_AMPLITUDE_12_M = np.array([[150.0], [160.0]]) * (2.0 / 3.0)  # wavelength 24 degrees
_CURVE, _SLOPE, _MEAN_M = np.array([[[0.1], [0.2]], [[1.0], [3.0]], [[300.0], [-100.0]]])
_BD_OFFSET = np.array([[0.0065], [0.006]])
_BD_RADIUS, _BD_ANGLE = 2e-5, 3e-6  # degrees and radians
_BD_TURNS = 3000.0 / 360.0  # of the waves, per degree
_BD_RATE = 2.0 * np.pi * _BD_TURNS
_STEPS = 4  # each leaves less than 1/140 of the error: from 740 m to 2 µm


def _gcj_waves_m(centred: FloatArray, room: FloatArray) -> FloatArray:
    """Return the sines of the shift, in the formula's metres, from ``centred``, x and y of the formula.

    A tangent is several times faster than a sine in numpy, and sines follow from the tangent of half the
    angle; the high harmonics follow from the low by the double- and triple-angle formulas. ``sin_n`` is
    sin(πd / n), d = x and y; waves along x push east, along y north, those of ``both`` either way.
    """
    shift: FloatArray = room[0]
    secant2, half_sin_12, cos_6 = room[1:4]
    np.multiply(centred, np.pi / 60.0, out=shift)
    np.tan(shift, out=shift)
    np.multiply(shift, shift, out=secant2)
    secant2 += 1.0
    shift /= secant2
    shift *= 2.0 * _AMPLITUDE_30_M

    np.multiply(centred, np.pi / 24.0, out=half_sin_12)
    np.tan(half_sin_12, out=half_sin_12)
    np.multiply(half_sin_12, half_sin_12, out=secant2)
    secant2 += 1.0
    half_sin_12 /= secant2
    np.multiply(half_sin_12, half_sin_12, out=cos_6)
    cos_6 *= -8.0
    cos_6 += 1.0
    sin_3 = np.divide(16.0, secant2, out=secant2)
    sin_3 -= 8.0  # 8 cos_12 so far; sin_3 = 2 sin_6 cos_6 = 8 (sin_12 / 2) cos_12 cos_6
    sin_3 *= half_sin_12
    sin_3 *= cos_6
    half_sin_12 *= 2.0 * _AMPLITUDE_12_M
    shift += half_sin_12
    square_3 = np.multiply(sin_3, sin_3, out=half_sin_12)
    square_3 *= -4.0
    cos_1, both = cos_6  # along x alone from here
    cos_1 *= cos_1
    cos_1 *= 2.0
    cos_1 -= 1.0
    cos_1 *= np.add(square_3[0], 1.0, out=both)
    square_3 += 3.0
    sin_1 = np.multiply(square_3, sin_3, out=square_3)
    half = np.multiply(cos_1, sin_1[0], out=cos_1)
    half *= 2.0  # sin(2πx), the double angle
    sin_3 *= 80.0 / 3.0
    shift += sin_3
    sin_1 *= 40.0 / 3.0
    shift += sin_1

    np.multiply(half, half, out=both)
    both *= -160.0 / 3.0
    both += 160.0 / 3.0
    both *= half  # 40/3 (sin(2πx) + sin(6πx)), the triple angle
    shift += both
    return shift


def _gcj_shift(place: FloatArray, room: FloatArray) -> FloatArray:
    """Return by how many degrees GCJ-02 lies east and north of WGS-84 at WGS-84 places; uses five rooms."""
    centred = np.subtract(place, _GCJ_CENTRE, out=room[4])
    shift = _gcj_waves_m(centred, room)
    root, product = room[1]
    np.multiply(centred[0], centred[1], out=product)
    product *= 0.1
    shift += product
    np.sqrt(np.abs(centred[0], out=root), out=root)
    root *= 0.1
    curve = np.multiply(_CURVE, centred, out=room[2])
    curve += _SLOPE
    curve *= centred
    curve += _MEAN_M
    shift += curve
    east, north = shift
    centred *= 2.0
    centred += root
    east += centred[1]
    north += centred[0]
    north += root

    bend, secant2_lat = room[1]
    np.tan(np.multiply(place[1], np.pi / 180.0, out=bend), out=bend)
    np.add(np.multiply(bend, bend, out=bend), 1.0, out=secant2_lat)
    np.divide(_KRASOVSKY_E2, secant2_lat, out=bend)
    bend += 1.0 - _KRASOVSKY_E2  # 1 - e² sin² of the latitude: both radii of curvature follow from it
    root_bend = np.sqrt(bend, out=centred[0])
    bend *= root_bend
    bend *= _DEGREES_PER_M / (1.0 - _KRASOVSKY_E2)
    north *= bend
    root_bend *= np.sqrt(secant2_lat, out=secant2_lat)
    root_bend *= _DEGREES_PER_M
    east *= root_bend
    return shift


def gcj_from_wgs(place: FloatArray, room: FloatArray) -> None:
    """Move WGS-84 places to GCJ-02."""
    place += _gcj_shift(place, room)


def wgs_from_gcj(place: FloatArray, room: FloatArray) -> None:
    """Solve ``place + shift(place) == target`` by fixed-point steps.

    Their number is fixed, not stopped by a tolerance, lest it hang on the other places of the array.
    """
    target = room[5]
    target[...] = place
    for _ in range(_STEPS):
        np.subtract(target, _gcj_shift(place, room), out=place)


def _singles(double: FloatArray) -> tuple[SingleArray, SingleArray]:
    """Return two (2, n) arrays of single precision in the memory of one of double precision."""
    both = double.view(np.float32)
    return both[:, : double.shape[1]], both[:, double.shape[1] :]


def _grip(near: SingleArray, amplitude: float, square: SingleArray, out: SingleArray) -> None:
    """Write ``amplitude`` over the distance of ``near`` from (0, 0)."""
    np.multiply(near, near, out=square)
    np.add(square[0], square[1], out=out)
    np.sqrt(out, out=out)
    np.divide(amplitude, out, out=out)


def bd_from_gcj(place: FloatArray, room: FloatArray) -> None:
    """Baidu's shift: radius + 2e-5 sin(lat), angle + 3e-6 cos(lon), both at 8⅓ turns a degree.

    Turning and stretching a vector by so little needs no polar coordinates: east = lon (1 + stretch) - lat
    turn (1 + shrink) and so on. The turn moves a place by up to 46 m and is worked out in double precision;
    what is up to 2 m needs only single, in which 2 m are known to a micrometre.
    """
    lon, lat = place
    turn, phase = room[0]
    near, (stretch, spare) = _singles(room[1])
    shift = room[2]
    np.multiply(lon, 0.5 * _BD_RATE, out=turn)
    np.tan(turn, out=turn)  # of half the angle: several times faster than a cosine
    turn *= turn
    turn += 1.0
    np.divide(2.0 * _BD_ANGLE, turn, out=turn)
    turn -= _BD_ANGLE
    np.multiply(lat, _BD_TURNS, out=phase)
    phase -= np.rint(phase, out=shift[0])
    stretch[...] = phase
    stretch *= 2.0 * np.pi
    np.sin(stretch, out=stretch)
    near[...] = place
    square, _ = _singles(shift)
    _grip(near, _BD_RADIUS, square, spare)
    stretch *= spare
    spare[...] = turn
    turn += np.multiply(spare, stretch, out=square[0])
    spare *= spare
    spare *= 0.5
    stretch -= spare  # times cosine of the turn
    near *= stretch
    np.multiply(place, turn, out=shift)
    place += near
    lon -= shift[1]
    lat += shift[0]
    place += _BD_OFFSET


def gcj_from_bd(place: FloatArray, room: FloatArray) -> None:
    """Undo :func:`bd_from_gcj`: each wave is taken once, near the shifted place p, and moved to the sought q.

    With the waves at q, q = p - (shrink p_x - turn p_y, shrink p_y + turn p_x), where turn = 3e-6 cos(lon_q)
    and shrink = 2e-5 sin(lat_q) / |p|; the first term left out, turn² / 2, is 0.07 mm. Let u and v be that
    shift as phases of the waves; all over the rectangle |u| < 0.010, |v| < 0.023. An error of a wave comes
    back in u times 0.0088 (turn) and 0.0011 (shrink), in v times 0.0217 and 0.0006.

    * cos(lon_q) = cos(lon_p - u), linear in u as u is in it, solved: without shrink it is known to 1.2e-3,
    * so v but for shrink is known to 2.6e-5, and sin(lat_p - v) once shrink is added: 0.06 mm of 2.2 m;
    * with shrink u is known to 5e-7, and a second-order step gives the cosine to 1e-6: 0.05 mm of 46 m.

    Single precision, 6e-8 of 46 m, is enough for the shift once whole turns are gone from the phases.
    """
    place -= _BD_OFFSET
    turns = np.multiply(place, _BD_TURNS, out=room[0])
    near, phase = _singles(room[1])
    near[...] = turns
    turns -= np.rint(turns, out=room[2])
    phase[...] = turns
    phase *= 2.0 * np.pi
    shift, weight = _singles(room[0])
    (cos_x, sin_x), (sin_y, cos_y) = _singles(room[2])
    (grip, spare), (slope, _) = _singles(room[3])
    _grip(near, _BD_RADIUS * _BD_RATE, shift, grip)
    np.multiply(near, 2.0 * np.pi * _BD_ANGLE, out=weight)
    weight_x, weight_y = weight
    np.cos(phase[0], out=cos_x)
    np.sin(phase[0], out=sin_x)
    np.multiply(weight_y, sin_x, out=slope)
    slope += 1.0
    np.divide(cos_x, slope, out=spare)
    spare *= weight_x  # v but for shrink
    phase[1] -= spare
    np.sin(phase[1], out=sin_y)
    np.cos(phase[1], out=cos_y)
    cos_y *= near[1]
    cos_y *= grip
    cos_y *= sin_y
    sin_y -= cos_y
    grip *= sin_y  # shrink, as a phase
    np.multiply(near, grip, out=shift)
    np.multiply(weight_y, cos_x, out=spare)
    u = np.subtract(shift[0], spare, out=spare)
    u /= slope
    np.multiply(cos_x, u, out=slope)
    slope *= 0.5
    sin_x -= slope
    sin_x *= u
    cos_x += sin_x
    weight *= cos_x
    shift[0] -= weight_y
    shift[1] += weight_x
    moved = room[2]
    moved[...] = shift
    moved *= 1.0 / _BD_RATE
    place -= moved


def bd_from_wgs(place: FloatArray, room: FloatArray) -> None:
    """Move WGS-84 places to BD-09."""
    gcj_from_wgs(place, room)
    bd_from_gcj(place, room)


def wgs_from_bd(place: FloatArray, room: FloatArray) -> None:
    """Move BD-09 places to WGS-84."""
    gcj_from_bd(place, room)
    wgs_from_gcj(place, room)
