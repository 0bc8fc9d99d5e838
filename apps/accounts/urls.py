"""Addresses of signing in and of a person's own settings."""

from django.urls import path

from apps.accounts import (
    confirm_views,
    factor_views,
    password_views,
    session_views,
    step_views,
    token_views,
    verify_views,
    views,
)

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-in/code/", step_views.enter_code, name="sign-in-code"),
    path("sign-in/enrol/", step_views.enrol, name="sign-in-enrol"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("forgot-password/", password_views.forgot_password, name="forgot-password"),
    path("set-password/<uidb64>/<token>/", password_views.set_password, name="set-password"),
    path("password/", password_views.change_password, name="change-password"),
    path("language/", views.choose_language, name="language"),
    path("theme/", views.choose_theme, name="theme"),
    path("keys/", views.choose_keys, name="keys"),
    path("account/confirm/", confirm_views.confirm, name="confirm"),
    path("account/email/", verify_views.address, name="address"),
    path("account/email/<token>/", verify_views.confirm_address, name="email-confirm"),
    path("account/second-factor/", factor_views.second_factor, name="second-factor"),
    path("account/sessions/", session_views.sessions, name="sessions"),
    path("account/sessions/others/end/", session_views.end_others, name="sessions-end-others"),
    path("account/sessions/<uuid:session_id>/end/", session_views.end_session, name="session-end"),
    path("account/tokens/", token_views.tokens, name="tokens"),
    path("account/tokens/<uuid:token_id>/replace/", token_views.replace_token, name="token-replace"),
    path("account/tokens/<uuid:token_id>/revoke/", token_views.revoke_token, name="token-revoke"),
]
