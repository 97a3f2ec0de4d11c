"""How a race begins: looked for learning rates first or not, and written down as it goes."""

from collections.abc import Callable, Sequence

from pydantic import ValidationError

from dashboard.state import identity, session, stored
from dashboard.widgets.messages import refuse
from playground.experiment.model import explain
from playground.runs.lr_finder import LEARNING_RATE_FINDERS, LearningRateFinder
from playground.runs.race import KIND, RACES, Competitor, Race, SavedRace, create_group, latest
from playground.storage.records import RunRow, StoreError
from playground.storage.store import store

REFUSED = "race refused"


def begin(make: Callable[[], Sequence[Competitor]], find_rates: bool = False) -> None:
    """Start a race in place of the one before; what forbids it is told beside the buttons."""
    try:
        competitors = make()
    except ValidationError as error:
        stored.set(REFUSED, explain(error))
        return
    except ValueError as error:
        stored.set(REFUSED, [str(error)])
        return
    stored.set(REFUSED, [])
    if find_rates:
        search = LearningRateFinder(competitors)
        identity.unregister(RACES, session.RACE)
        identity.register(LEARNING_RATE_FINDERS, session.RACE, search)
        search.play()
    else:
        identity.unregister(LEARNING_RATE_FINDERS, session.RACE)
        start(competitors)


def start(competitors: Sequence[Competitor]) -> None:
    """Let these competitors race now."""
    known = identity.current()
    if known is None:
        return
    owner, tab = known
    try:
        group = create_group(store(), owner, tab, competitors)
    except StoreError as error:
        stored.set(REFUSED, [f"{error} The race goes on, but it is not being saved."])
        race = Race(competitors)
    else:
        race = Race(
            competitors,
            lambda i, _: identity.run_logger(KIND, group, competitors[i].label),
        )
    identity.register(RACES, session.RACE, race)
    race.play()


def tell_refusals() -> None:
    """Why the last race could not begin, if it could not."""
    for sentence in stored.get(REFUSED) or ():
        refuse(sentence)


def own_runs() -> list[RunRow]:
    """The saved runs of whoever is here, the newest first. Raises StoreError."""
    known = identity.current()
    return [] if known is None else store().list(known[0])


def last_race() -> SavedRace | None:
    """The race that this tab had before the server was restarted; asked for once."""
    known = identity.current()
    if known is None:
        return None
    asked = " ".join(known)
    told = stored.get("race looked for", asked)
    if told is None:
        try:
            told = (latest(store(), *known),)
        except StoreError:
            return None
        stored.set("race looked for", told, asked)
    found: SavedRace | None = told[0]
    return found
