"""``__in`` with more values than PostgreSQL takes parameters."""

import pytest

from jigong.accounts.models import Organisation, Person

pytestmark = pytest.mark.django_db
MANY = 70_000


@pytest.fixture
def people() -> list[Person]:
    organisation = Organisation.objects.create(kind="enterprise", code="x", zh="示例")
    return [
        Person.objects.create(number_hash=f"{place:064x}", number=b"", name="示例", employer=organisation)
        for place in range(3)
    ]


def test_numbers_texts_and_relations(people: list[Person]) -> None:
    first, second, third = people
    beyond = max(person.pk for person in people) + 1
    some = Person.objects.filter(pk__in=[first.pk, third.pk, *range(beyond, beyond + MANY)])
    assert {person.pk for person in some} == {first.pk, third.pk}
    hashes = [second.number_hash, *(f"{place:064x}" for place in range(MANY, 2 * MANY))]
    assert [person.pk for person in Person.objects.filter(number_hash__in=hashes)] == [second.pk]
    mine = Person.objects.filter(pk__in=[person.pk for person in people])
    assert mine.exclude(number_hash__in=hashes).count() == 2
    employers = [first.employer_id, None, *range(1_000_000, 1_000_000 + MANY)]
    assert Person.objects.filter(employer__in=employers).count() == 3
    assert Person.objects.filter(employer_id__in=employers).update(name="示例乙") == 3
    assert not Person.objects.filter(employer__in=employers[1:]).exists()
