use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn facts(state: CensusState, counts: Counts) -> Facts {
    Facts {
        state,
        opens_on: day("2026-11-02"),
        closes_on: day("2026-12-15"),
        convention_in_force: true,
        counts,
    }
}

fn asked() -> Counts {
    Counts { members: 906, with_needs: 600, silent: 294, articles: 60, ..Counts::default() }
}

fn at(facts: &Facts, on: &str) -> (Stage, Option<Task>, Option<Block>) {
    let road = road(facts, day(on));
    let step = current(&road).unwrap();
    (step.stage, step.task, step.block)
}

#[test]
fn a_campaign_goes_through_the_stages_in_the_order_of_the_law() {
    use CensusState as S;
    let launched = Counts { lots: 3, ..asked() };
    let bidden = Counts { lots_with_bid: 3, ..launched };
    let awarded = Counts { lots_awarded: 3, ..bidden };
    let ordered = Counts { windows: 3, drafts: 40, ..awarded };
    let validated = Counts { validated: 12, ..ordered };
    let issued = Counts { issued: 52, drafts: 0, ..ordered };
    let delivered = Counts { begun: 52, delivered: 52, ..issued };
    for (state, counts, stage, task) in [
        (S::Draft, asked(), Stage::Prepare, Task::Open),
        (S::Open, asked(), Stage::Ask, Task::Remind),
        (S::Open, Counts { silent: 0, ..asked() }, Stage::Ask, Task::Close),
        (S::Closed, asked(), Stage::Consolidate, Task::Review),
        (S::Settled, asked(), Stage::Consult, Task::Launch),
        (S::Settled, launched, Stage::Consult, Task::RecordBids),
        (S::Settled, bidden, Stage::Award, Task::Award),
        (S::Settled, awarded, Stage::Order, Task::OpenWindow),
        (S::Settled, ordered, Stage::Order, Task::FollowOrders),
        (S::Settled, validated, Stage::Order, Task::IssueOrders),
        (S::Settled, issued, Stage::Deliver, Task::ReceiveDeliveries),
        (S::Settled, delivered, Stage::Invoice, Task::BookInvoices),
    ] {
        assert_eq!(at(&facts(state, counts), "2026-11-20"), (stage, Some(task), None), "{task}");
    }
    let over = Counts { invoiced: 52, ..delivered };
    let road = road(&facts(S::Settled, over), day("2027-09-01"));
    assert!(road.iter().all(|step| step.standing == Standing::Done));
}

#[test]
fn what_holds_a_stage_up_is_said() {
    use CensusState as S;
    let nobody = Counts { members: 0, ..asked() };
    let empty = Counts { articles: 0, ..asked() };
    let silent = Counts { with_needs: 0, silent: 906, ..asked() };
    for (state, counts, on, stage, block) in [
        (S::Draft, nobody, "2026-11-20", Stage::Prepare, Block::NoMember),
        (S::Draft, empty, "2026-11-20", Stage::Prepare, Block::NoArticle),
        (S::Open, asked(), "2026-11-01", Stage::Ask, Block::OpensOn(day("2026-11-02"))),
        (S::Closed, silent, "2026-12-20", Stage::Consolidate, Block::NoNeed),
    ] {
        assert_eq!(at(&facts(state, counts), on), (stage, None, Some(block)), "{block:?}");
    }
    let without = Facts { convention_in_force: false, ..facts(S::Settled, asked()) };
    assert_eq!(at(&without, "2026-12-20"), (Stage::Consult, None, Some(Block::NoConvention)));
}

#[test]
fn the_last_day_still_reminds_and_the_day_after_closes() {
    let open = facts(CensusState::Open, asked());
    assert_eq!(at(&open, "2026-12-15").1, Some(Task::Remind));
    assert_eq!(at(&open, "2026-12-16").1, Some(Task::Close));
}

#[test]
fn lots_advance_on_their_own_and_the_first_award_lets_orders_begin() {
    let counts = Counts { lots: 3, lots_with_bid: 2, lots_awarded: 1, ..asked() };
    let road = road(&facts(CensusState::Settled, counts), day("2027-02-01"));
    let tasks: Vec<_> = road.iter().filter_map(|step| step.task).collect();
    assert_eq!(tasks, [Task::RecordBids, Task::Award, Task::OpenWindow]);
}

#[test]
fn nothing_comes_after_a_cancelled_census() {
    let road = road(&facts(CensusState::Cancelled, asked()), day("2026-12-20"));
    assert_eq!(road[0].standing, Standing::Done, "it was prepared and opened");
    assert!(road[1..].iter().all(|step| step.standing == Standing::GivenUp));
    assert!(road.iter().all(|step| step.task.is_none()));
    assert_eq!(current(&road), None);
}

#[test]
fn every_stage_that_is_current_says_what_to_do_or_what_it_waits_for() {
    for state in CensusState::ALL {
        for on in ["2026-11-01", "2026-11-20", "2027-01-01"] {
            for step in road(&facts(*state, asked()), day(on)) {
                let said = step.task.is_some() || step.block.is_some();
                assert_eq!(said, step.standing != Standing::Done, "{state} {on} {step:?}");
                if let Some(block) = step.block {
                    assert!(block.for_the_reader().ends_with('.'));
                }
            }
        }
    }
}
