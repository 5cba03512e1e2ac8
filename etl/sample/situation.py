"""Work and welfare of the residents on a reference date: the one truth behind the agency's and the offices' files.

Everything follows from the hidden status of the block, age, nationality and the household, by luck that stays with a
person or a household and drifts slowly. Levels are those of a middle-sized western German city, not estimated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.sample import labour
from etl.sample.city import City
from etl.sample.families import COUPLE_WITH_CHILDREN, LONE_PARENT, Families
from etl.sample.geometry import Bools, Floats, Ints
from etl.sample.luck import luck, strikes
from etl.sample.nationalities import GERMAN
from etl.sample.people import NOWHERE, Role, Sex, first_day, year_of
from etl.sample.register import Extract


@dataclass(frozen=True)
class Situation:
    """One entry per person of the extract in every array (secondary residents: nothing applies)."""

    over_limit: Bools
    """The age limit of § 7a SGB II is reached."""
    employed: Bools
    """Employed subject to social insurance, aged 15 to under 65."""
    part_time: Bools
    no_degree: Bools
    """Employed without a vocational qualification."""
    minor_job: Bools
    """Only marginally employed, aged 15 to under 65."""
    unemployed: Ints
    """0 no, 2 registered under SGB II, 3 under SGB III."""
    long_term: Bools
    """Unemployed for a year or longer."""
    sgb2: Ints
    """0 no, 1 able to work (ELB), 2 not (NEF, under 15)."""
    working_elb: Bools
    sgb12: Ints
    """Chapter 3, 4 or 7, or 0."""
    institution: Bools
    """The SGB XII benefit is paid in an institution."""
    asylblg: Bools
    uvg: Bools
    """Child with maintenance advance."""
    wohngeld: Bools
    """Head of a household with housing benefit."""
    bg: Ints
    """Number of the SGB II community, -1 for none. It is the household without those who do not belong to it."""
    lone_parent: Bools
    """Member of a lone parent's household."""


def age_limit_reached(born: Ints, year: int, month: int = 12) -> Bools:
    """Whether the age limit of § 7a SGB II is reached by the end of a month; ``born`` in days since 1970-01-01.

    65 years up to the cohort of 1946, then a month more for each cohort until 1958, two until 1963; 67 from 1964 on.
    It is reached at the end of the month in which that age is completed.
    """
    cohort = year_of(born)
    more = np.clip(cohort - 1946, 0, 12) + 2 * np.clip(cohort - 1958, 0, 6)
    birth_month = born.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    reached: Bools = birth_month + 65 * 12 + more <= (year - 1970) * 12 + month - 1
    return reached


# Courses over the years, 1 for 2015.
_YEARS = np.arange(2014, 2026)
_BASIC_INCOME = np.array([1.0, 1.0, 1.03, 1.06, 1.0, 0.95, 1.0, 0.96, 0.97, 1.0, 1.02, 1.0])
_SEEKERS = np.array([350, 620, 560, 400, 310, 260, 230, 240, 430, 470, 400, 330], dtype=np.float64)
"""Persons with benefits for asylum seekers in the whole city."""
_SEEKER_KEYS = (475, 423, 438, 439, 998, 163, 160, 170)
_UKRAINE = 166
_HOUSING_BENEFIT = np.array([0.8, 0.75, 1.0, 0.95, 0.85, 0.8, 1.0, 1.0, 1.0, 2.1, 2.2, 2.2])
"""Reforms of 2016 and 2020, and the much wider circle from 2023 on."""


def _course(values: Floats, moment: float) -> float:
    return float(np.interp(moment, _YEARS, values))


class _Model:
    """The draws for one extract and moment; each method answers one question, later ones use the earlier."""

    def __init__(self, city: City, data: Extract, homes: Families, moment: float, month: int) -> None:
        self.city, self.data, self.homes, self.moment = city, data, homes, moment
        self.people = data.people
        self.main = self.people.main_residence
        self.age = self.people.age_on(data.year)
        self.status = labour.hidden_status(city, data)
        self.foreign = (self.people.nationality != GERMAN).astype(np.float64)
        self.over = age_limit_reached(self.people.born, data.year, month)
        self.head = homes.head
        # Luck of a household is its head's; the homeless have none and stand for themselves.
        own = self.people.pid
        self.home_pid = np.where(homes.of < 0, own, own[homes.head][homes.of])

    def hits(self, topic: int, chance: Floats, drift: float = 0.02) -> Bools:
        return strikes(self.people.pid, self.city.seed, topic, chance, self.moment, drift=drift)

    def asylum(self) -> Bools:
        """Whole households of the countries most asylum seekers come from who moved in within three years."""
        p, homes = self.people, self.homes
        recent = p.moved_in[self.head] >= first_day(self.data.year - 2)
        fits = np.isin(p.nationality[self.head], _SEEKER_KEYS) & recent
        draw = np.where(fits, luck(p.pid[self.head], self.city.seed, 31), 2.0)
        order = np.argsort(draw, kind="stable")
        # Nearly all who fit may be taken at the peak, but never all: some are employed or recognised.
        allowed = min(_course(_SEEKERS, self.moment) * self.city.scale, 0.7 * float(homes.size[fits].sum()))
        taken = np.zeros(len(homes), dtype=bool)
        taken[order] = np.cumsum(homes.size[order]) <= allowed
        return homes.each(taken & fits).astype(bool)

    def disabled(self, unemployed: Bools) -> Bools:
        """Permanently unable to work, from 18 to the age limit."""
        within = self.main & (self.age >= 18) & ~self.over & ~unemployed
        return within & self.hits(32, 0.0085 * np.exp(-0.25 * self.status), 0.0005)

    def basic_income(self, unemployed: Bools, excluded: Bools) -> tuple[Ints, Ints]:
        """SGB II: who gets it and as what, and the number of the community."""
        p, homes, head = self.people, self.homes, self.head
        jobless = homes.total(unemployed) > 0
        lone = homes.kind == LONE_PARENT
        minors = np.minimum(homes.minors, 4)
        # Students and people near retirement draw it less often.
        by_age = np.interp(self.age[head], [18, 24, 30, 52, 60, 66], [0.45, 0.75, 1.0, 0.9, 0.8, 0.7])
        chance = 0.0138 * _course(_BASIC_INCOME, self.moment) * by_age
        chance *= np.exp(-0.58 * self.status[head] + 0.4 * self.foreign[head] + 1.75 * lone + 0.38 * minors)
        chance *= np.where(jobless, 14.5, 1.0)
        fled = (p.nationality[head] == _UKRAINE) & (self.moment > 2021.5)
        chance = np.where(fled, 0.7, np.clip(chance, 0, 0.93))
        home = strikes(p.pid[head], self.city.seed, 33, chance, self.moment, drift=0.012) & ~self.over[head]
        inside = homes.each(home).astype(bool) & ~excluded & ~self.over
        member = inside & ((p.role <= Role.PARTNER) | (self.age < 25))
        # A community needs somebody who is able to work.
        able = homes.total(member & (self.age >= 15)) > 0
        member &= homes.each(able).astype(bool)
        bg = np.where(member, homes.of, -1)
        homeless = (p.dwelling == NOWHERE) & self.main & (self.age >= 18) & ~self.over & ~excluded
        homeless &= self.hits(34, np.full(len(p), 0.65), 0.01)
        bg[homeless] = len(homes) + np.arange(int(homeless.sum()))
        member |= homeless
        return np.where(member, np.where(self.age < 15, 2, 1), 0), bg

    def work(self, elb: Bools, unemployed: Bools, excluded: Bools) -> tuple[Bools, Bools, Bools]:
        """Employed, marginally employed, and working beside SGB II."""
        p, age = self.people, self.age
        within = self.main & (age >= 15) & (age < 65) & ~unemployed & ~excluded
        beside = elb & within & self.hits(35, np.full(len(p), 0.4))
        by_age = np.interp(
            age,
            [15, 17, 18, 20, 24, 28, 50, 57, 61, 63, 64],
            [0.0, 0.1, 0.27, 0.55, 0.72, 0.84, 0.85, 0.8, 0.66, 0.5, 0.36],
        )
        young = self.homes.each(self.homes.total(age < 3) > 0) > 0
        by_age *= np.where((p.sex == Sex.FEMALE) & young & (p.role <= Role.PARTNER), 0.55, 1.0)
        by_age *= np.where(p.sex == Sex.FEMALE, 0.96, 1.0) * (1 - 0.06 * self.foreign)
        chance = np.clip(by_age * (0.995 + 0.0055 * (self.moment - 2015)) + 0.008 * self.status, 0, 0.95)
        chance = np.where(elb, np.where(beside, 0.5, 0.0), chance)
        employed = within & self.hits(36, np.where(age < 15, 0.0, chance), 0.03)
        small = np.interp(age, [15, 16, 19, 24, 30, 55, 64], [0.03, 0.2, 0.32, 0.3, 0.17, 0.19, 0.24])
        small = np.where(elb, np.where(beside, 0.8, 0.0), small + 0.06 * (p.sex == Sex.FEMALE))
        minor = within & ~employed & self.hits(37, small, 0.03)
        return employed, minor, beside & (employed | minor)

    def qualities(self, employed: Bools) -> tuple[Bools, Bools]:
        """Of the employed: part-time, and without a vocational qualification."""
        p, age = self.people, self.age
        parents = self.homes.each(np.isin(self.homes.kind, (LONE_PARENT, COUPLE_WITH_CHILDREN))) > 0
        female = p.sex == Sex.FEMALE
        part = np.where(female, np.where(parents & (age > 24), 0.62, 0.40), 0.115) * (1 + 0.008 * (self.moment - 2015))
        unskilled = np.clip(0.075 * np.exp(-0.35 * self.status + 0.9 * self.foreign), 0, 0.6)
        unskilled = np.where(age < 22, 0.7, unskilled)
        return employed & self.hits(38, part), employed & self.hits(39, unskilled, 0.002)

    def social_assistance(self, sgb2: Bools, disabled: Bools, asylum: Bools) -> tuple[Ints, Bools]:
        """SGB XII: the chapter, and whether in an institution."""
        free = self.main & ~sgb2 & ~asylum
        poor = np.exp(-0.6 * self.status + 0.9 * self.foreign)
        growth = 1 + 0.02 * (self.moment - 2015)
        old = free & self.over & self.hits(40, np.clip(0.0165 * growth * poor, 0, 0.6), 0.0015)
        care = (
            free & ~old & self.hits(41, np.interp(self.age, [50, 65, 75, 85, 95], [0.0005, 0.003, 0.008, 0.03, 0.07]))
        )
        third = free & ~self.over & ~disabled & self.hits(42, np.where(self.age < 18, 0.0006, 0.0026) * poor)
        chapter = np.select([old | (disabled & free), care, third], [4, 7, 3], 0)
        share = np.select([chapter == 7, chapter == 4], [0.62, 0.1], 0.25)
        return chapter, (chapter > 0) & self.hits(43, share, 0.001)

    def advance(self, asylum: Bools) -> Bools:
        """Maintenance advance: up to 11 years of age, and from July 2017 on up to 17."""
        lone = self.homes.each(self.homes.kind == LONE_PARENT) > 0
        oldest = 18 if self.moment > 2016.49 else 12
        child = lone & (self.age < oldest) & (self.people.role == Role.CHILD) & ~asylum
        found: Bools = child & self.hits(44, np.clip(0.40 - 0.06 * self.status, 0.1, 0.8), 0.05)
        return found

    def housing_benefit(self, benefits: Bools) -> Bools:
        """Heads of households without any benefit that covers housing already."""
        homes, head = self.homes, self.head
        single_old = self.over[head] & (homes.size == 1)
        need = np.exp(-0.55 * self.status[head] + 0.45 * np.minimum(homes.minors, 4) + 0.5 * single_old)
        need *= np.where(homes.kind == LONE_PARENT, 1.7, 1.0)
        chance = np.clip(0.0072 * _course(_HOUSING_BENEFIT, self.moment) * need, 0, 0.5)
        drawn = strikes(self.people.pid[head], self.city.seed, 45, chance, self.moment, drift=0.004)
        result = np.zeros(len(self.people), dtype=bool)
        result[head[drawn & (homes.total(benefits) == 0)]] = True
        return result


def situation(city: City, data: Extract, homes: Families, *, month: int = 12) -> Situation:
    """The situation at the end of a month of the extract's year, by default on 31 December.

    Earlier months show the people of 31 December in the situation of that month: who came or left during the year is
    not told apart.
    """
    moment = data.year - (12 - month) / 12
    model = _Model(city, data, homes, moment, month)
    jobless = labour.unemployed(city, data, moment)
    asylum = model.asylum()
    disabled = model.disabled(jobless)
    sgb2, bg = model.basic_income(jobless, asylum | disabled)
    elb = sgb2 == 1
    employed, minor, beside = model.work(elb, jobless, asylum | disabled)
    part_time, no_degree = model.qualities(employed)
    chapter, institution = model.social_assistance(sgb2 > 0, disabled, asylum)
    return Situation(
        over_limit=model.over,
        employed=employed,
        part_time=part_time,
        no_degree=no_degree,
        minor_job=minor,
        unemployed=np.where(jobless, np.where(elb, 2, 3), 0),
        long_term=jobless
        & model.hits(46, np.where(elb, 0.5, 0.12) * np.interp(model.age, [18, 25, 60], [0.4, 0.6, 1.3])),
        sgb2=sgb2,
        working_elb=beside,
        sgb12=chapter,
        institution=institution,
        asylblg=asylum,
        uvg=model.advance(asylum),
        wohngeld=model.housing_benefit((sgb2 > 0) | (chapter > 0) | asylum),
        bg=bg,
        lone_parent=homes.each(homes.kind == LONE_PARENT).astype(bool),
    )
