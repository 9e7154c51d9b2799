"""What is asked of a bridge after its troubles: it ends in order, and everything counted once."""
import bridge
import ledger
import raw
import reader


def settle_and_check(place, feeder, counts, name="last"):
    """Lets an instance finish; (what is wrong, figures, what a reader of the topics found)."""
    wrong = []
    with place.run(name) as instance:
        place.settle(instance, 240)
        code = instance.stop()
    if code != 0:
        wrong.append(f"the last instance ended with {code}")
    result = reader.follow(place.kafka.bootstrap, "gb.", seconds=300)
    found, figures = ledger.check(place, counts, feeder.doubles())
    wrong += result.faults + bridge.compare(place.folder, result) + found
    wrong += ledger.check_outbox(place, raw.read(place.kafka.bootstrap))
    wrong += bridge.replay_identical(place, place.lanes)
    return wrong, figures, result
