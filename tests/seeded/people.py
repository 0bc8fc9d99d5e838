"""Faults in how people sign in: the second factor, the state before it, and what is asked again."""

from __future__ import annotations

from tests.seeded.running import Fault

FACTORS, STEPS, STEP_VIEWS = "apps/accounts/factors.py", "apps/accounts/steps.py", "apps/accounts/step_views.py"
CODES, DOOR, OWN = "tests/accounts/test_factors.py", "tests/accounts/test_second_step.py", "tests/accounts/test_own_factor.py"
BETWEEN = f"{DOOR}::test_it_is_of_one_person_password_browser_and_session"

FAULTS = (
    Fault("a code works as long as its time lasts", FACTORS,
          ".filter(pk=factor.pk, last_step__lt=step)", ".filter(pk=factor.pk)", (f"{CODES}::test_a_code_works_once_and_none_before_it_works_after",)),
    Fault("whether a code was used is looked at before, not when it is used", FACTORS,
          ".filter(pk=factor.pk, last_step__lt=step)", ".filter(pk=factor.pk if step > factor.last_step else None)",
          (f"{CODES}::test_of_two_who_come_at_once_with_one_code_one_gets_in",)),
    Fault("a recovery code works again and again", FACTORS,
          "digest=_digest(person, given), used_at=None)", "digest=_digest(person, given))", (f"{CODES}::test_a_recovery_code_works_once",)),
    Fault("a recovery code is not of one person", FACTORS,
          "{current_company().company_id}\\0{person.pk}\\0{code}", "{current_company().company_id}\\0{code}",
          (f"{CODES}::test_codes_of_a_colleague_open_nothing",)),
    Fault("the state before the code is not of one company", STEPS,
          "        current_company().company_id, str(request.session.session_key)", "        str(request.session.session_key)",
          (f"{DOOR}::test_it_opens_nothing_at_another_company_even_for_the_same_person",)),
    Fault("the state before the code is not of one session", STEPS,
          "str(request.session.session_key), browser", "browser", (BETWEEN,)),
    Fault("the state before the code outlives a new password", STEPS,
          "        person.get_session_auth_hash(), onward,", "        onward,", (BETWEEN,)),
    Fault("the state before the code lasts", STEPS,
          "if not 0 <= time.time() - kept[\"at\"] <= SECONDS[stage]:", "if False:", (f"{DOOR}::test_it_lasts_five_minutes",)),
    Fault("who must have a second factor and has none is let in", STEPS,
          "return ENROL if must_have(person.role) else \"\"", "return \"\"", (f"{DOOR}::test_who_must_have_one_sets_it_up_before_anything_opens",)),
    Fault("a session goes on when its role needs a second factor", "config/settings/base.py",
          '    "apps.accounts.middleware.FactorMiddleware",\n', "", (f"{DOOR}::test_a_session_from_before_the_setting_ends",)),
    Fault("guesses at a code are not counted", STEP_VIEWS,
          "        marks = take_code(request, half.person)\n", "        marks = []\n", (f"{DOOR}::test_the_eleventh_guess_waits_even_when_it_is_right",)),
    Fault("a browser that a mail made known has codes of its own", "apps/accounts/throttle.py",
          "if browser.startswith(PROVEN):", "if browser:", (f"{DOOR}::test_a_browser_that_a_mail_made_known_has_no_codes_of_its_own",)),
    Fault("nobody is asked again", "apps/accounts/confirm_views.py",
          "if is_fresh(request) or not (everybody or has_factor(person)):", "if True:",
          (f"{OWN}::test_a_token_is_made_only_by_somebody_who_has_just_shown_who_they_are",)),
    Fault("sessions go on when the second factor is taken away", "apps/accounts/models.py",
          "if self.factor_changed_at is None:", "if True:", (f"{CODES}::test_every_change_ends_sessions",)),
)  # fmt: skip
