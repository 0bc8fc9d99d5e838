SET LOCAL ROLE deskhand_owner;
CREATE SCHEMA @schema@;
GRANT USAGE ON SCHEMA @schema@ TO deskhand_app;
CREATE TABLE @schema@.accounts_user (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(120) NOT NULL,
    role character varying(10) NOT NULL,
    language character varying(12) NOT NULL,
    theme character varying(8) NOT NULL,
    keys_enabled boolean NOT NULL,
    is_active boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    factor_changed_at timestamp with time zone,
    email_verified_at timestamp with time zone,
    CONSTRAINT accounts_user_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT accounts_user_operator_at_home CHECK ((((company_id = 'operator'::text) AND ((role)::text = 'operator'::text)) OR ((NOT ((role)::text = 'operator'::text)) AND (NOT (company_id = 'operator'::text))))),
    CONSTRAINT accounts_user_email_key UNIQUE (email),
    CONSTRAINT accounts_user_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.accounts_apitoken (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    name character varying(80) NOT NULL,
    digest bytea NOT NULL,
    scopes jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    user_id uuid NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT accounts_apitoken_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT accounts_apitoken_expires CHECK ((expires_at <= (created_at + '365 days'::interval))),
    CONSTRAINT accounts_apitoken_digest_key UNIQUE (digest),
    CONSTRAINT accounts_apitoken_pkey PRIMARY KEY (id),
    CONSTRAINT accounts_apitoken_user_id_bbee13e0_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.accounts_recoverycode (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    digest bytea NOT NULL,
    used_at timestamp with time zone,
    user_id uuid NOT NULL,
    CONSTRAINT accounts_recoverycode_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT accounts_recoverycode_digest_key UNIQUE (digest),
    CONSTRAINT accounts_recoverycode_pkey PRIMARY KEY (id),
    CONSTRAINT accounts_recoverycode_user_id_994761d3_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.accounts_secondfactor (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    secret text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT accounts_secondfactor_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT accounts_secondfactor_pkey PRIMARY KEY (id),
    CONSTRAINT accounts_secondfactor_user_id_1e182b70_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.accounts_usersession (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    digest character varying(40),
    role character varying(10) NOT NULL,
    begun_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    browser character varying(20) NOT NULL,
    system character varying(20) NOT NULL,
    network character varying(45) NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT accounts_usersession_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT accounts_usersession_ended_has_no_key CHECK (((ended_at IS NULL) OR (digest IS NULL))),
    CONSTRAINT accounts_usersession_digest_key UNIQUE (digest),
    CONSTRAINT accounts_usersession_pkey PRIMARY KEY (id),
    CONSTRAINT accounts_usersession_user_id_567c9519_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_connection (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    platform character varying(30) NOT NULL,
    account character varying(200) NOT NULL,
    config jsonb NOT NULL,
    credentials text NOT NULL,
    state character varying(10) NOT NULL,
    statuses jsonb NOT NULL,
    languages jsonb NOT NULL,
    primary_language character varying(12) NOT NULL,
    calls_per_minute double precision,
    last_error character varying(60) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    check_report jsonb NOT NULL,
    checked_at timestamp with time zone,
    reads_files boolean DEFAULT true NOT NULL,
    label jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT platforms_connection_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_connection_account_key UNIQUE (account),
    CONSTRAINT platforms_connection_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.platforms_person (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    kind character varying(10) NOT NULL,
    name character varying(300) NOT NULL,
    email character varying(320) NOT NULL,
    language character varying(12) NOT NULL,
    connection_id uuid NOT NULL,
    user_id uuid,
    named boolean DEFAULT true NOT NULL,
    mapped character varying(5) DEFAULT ''::character varying NOT NULL,
    groups jsonb DEFAULT '[]'::jsonb NOT NULL,
    scope character varying(10) DEFAULT 'unknown'::character varying NOT NULL,
    criteria jsonb,
    CONSTRAINT platforms_person_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_person_key UNIQUE (connection_id, remote_id),
    CONSTRAINT platforms_person_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_person_connection_id_51c7f738_fk_platforms FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT platforms_person_user_id_e1c0774b_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_ticket (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    subject text NOT NULL,
    state character varying(10) NOT NULL,
    deleted boolean NOT NULL,
    status_value character varying(40) NOT NULL,
    status_label character varying(200) NOT NULL,
    status_category character varying(10) NOT NULL,
    priority smallint NOT NULL,
    source character varying(20) NOT NULL,
    type character varying(200) NOT NULL,
    tags jsonb NOT NULL,
    language character varying(12) NOT NULL,
    description_html text NOT NULL,
    description_text text NOT NULL,
    due_by timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    solved_at timestamp with time zone,
    raw_hash character varying(64) NOT NULL,
    thread_version character varying(32) NOT NULL,
    message_count integer NOT NULL,
    agent_id uuid,
    connection_id uuid NOT NULL,
    customer_id uuid,
    group_id uuid,
    missing_at timestamp with time zone,
    sweep bigint DEFAULT 0 NOT NULL,
    files jsonb,
    product_id uuid,
    firm_id uuid,
    number character varying(40) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT platforms_ticket_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_ticket_key UNIQUE (connection_id, remote_id),
    CONSTRAINT platforms_ticket_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_ticket_connection_id_205e7090_fk_platforms FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT platforms_ticket_customer_id_3bd33c2d_fk_platforms_person_id FOREIGN KEY (customer_id) REFERENCES @schema@.platforms_person(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.assistant_brief (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    thread_version character varying(32) NOT NULL,
    outcome character varying(20) NOT NULL,
    mood character varying(10) NOT NULL,
    similar_count smallint NOT NULL,
    data jsonb NOT NULL,
    made_at timestamp with time zone NOT NULL,
    ticket_id uuid NOT NULL,
    complete boolean DEFAULT false NOT NULL,
    CONSTRAINT assistant_brief_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT assistant_brief_pkey PRIMARY KEY (id),
    CONSTRAINT assistant_brief_ticket_id_key UNIQUE (ticket_id),
    CONSTRAINT assistant_brief_ticket_id_260d3d95_fk_platforms_ticket_id FOREIGN KEY (ticket_id) REFERENCES @schema@.platforms_ticket(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.assistant_feedback (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    thing character varying(64) NOT NULL,
    helpful boolean NOT NULL,
    reason character varying(12) NOT NULL,
    comment text NOT NULL,
    question text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    similar_id uuid,
    ticket_id uuid,
    user_id uuid NOT NULL,
    CONSTRAINT assistant_feedback_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT assistant_feedback_reason CHECK (((NOT helpful) OR ((comment = ''::text) AND ((reason)::text = ''::text)))),
    CONSTRAINT assistant_feedback_key UNIQUE NULLS NOT DISTINCT (user_id, kind, thing, ticket_id),
    CONSTRAINT assistant_feedback_pkey PRIMARY KEY (id),
    CONSTRAINT assistant_feedback_similar_id_d2623319_fk_platforms_ticket_id FOREIGN KEY (similar_id) REFERENCES @schema@.platforms_ticket(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT assistant_feedback_ticket_id_05ad9bc6_fk_platforms_ticket_id FOREIGN KEY (ticket_id) REFERENCES @schema@.platforms_ticket(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT assistant_feedback_user_id_d480f8e1_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.assistant_savedview (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    name character varying(60) NOT NULL,
    query character varying(1500) NOT NULL,
    "position" smallint NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT assistant_savedview_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT assistant_savedview_position_check CHECK (("position" >= 0)),
    CONSTRAINT assistant_view_most CHECK (("position" < 20)),
    CONSTRAINT assistant_savedview_pkey PRIMARY KEY (id),
    CONSTRAINT assistant_view_name UNIQUE (user_id, name),
    CONSTRAINT assistant_view_place UNIQUE (user_id, "position") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT assistant_savedview_user_id_de5c2767_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.auth_group (
    id integer NOT NULL GENERATED BY DEFAULT AS IDENTITY ( SEQUENCE NAME @schema@.auth_group_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 ),
    name character varying(150) NOT NULL,
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    CONSTRAINT auth_group_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT auth_group_name_key UNIQUE (name),
    CONSTRAINT auth_group_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.django_content_type (
    id integer NOT NULL GENERATED BY DEFAULT AS IDENTITY ( SEQUENCE NAME @schema@.django_content_type_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 ),
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL,
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    CONSTRAINT django_content_type_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model),
    CONSTRAINT django_content_type_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.auth_permission (
    id integer NOT NULL GENERATED BY DEFAULT AS IDENTITY ( SEQUENCE NAME @schema@.auth_permission_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 ),
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL,
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    CONSTRAINT auth_permission_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename),
    CONSTRAINT auth_permission_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.auth_group_permissions (
    id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY ( SEQUENCE NAME @schema@.auth_group_permissions_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 ),
    group_id integer NOT NULL,
    permission_id integer NOT NULL,
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    CONSTRAINT auth_group_permissions_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id),
    CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id),
    CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES @schema@.auth_permission(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES @schema@.auth_group(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.console_companyfigures (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    target character varying(40) NOT NULL,
    told_at timestamp with time zone NOT NULL,
    people integer NOT NULL,
    tickets integer NOT NULL,
    owed integer NOT NULL,
    synced_at timestamp with time zone,
    health character varying(12) NOT NULL,
    audit_entries bigint NOT NULL,
    CONSTRAINT console_companyfigures_audit_entries_check CHECK ((audit_entries >= 0)),
    CONSTRAINT console_companyfigures_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT console_companyfigures_owed_check CHECK ((owed >= 0)),
    CONSTRAINT console_companyfigures_people_check CHECK ((people >= 0)),
    CONSTRAINT console_companyfigures_tickets_check CHECK ((tickets >= 0)),
    CONSTRAINT console_companyfigures_pkey PRIMARY KEY (id),
    CONSTRAINT console_companyfigures_target_key UNIQUE (target)
);
CREATE TABLE @schema@.console_supportaccess (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    reason character varying(500) NOT NULL,
    minutes smallint NOT NULL,
    state character varying(10) NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    until timestamp with time zone,
    entered_at timestamp with time zone,
    ended_at timestamp with time zone,
    operator_id uuid NOT NULL,
    operator_name character varying(120) NOT NULL,
    language character varying(12) NOT NULL,
    answered_at timestamp with time zone,
    answered_by_id uuid,
    CONSTRAINT console_access_answered CHECK (((NOT ((state)::text = 'approved'::text)) OR ((answered_at IS NOT NULL) AND (until IS NOT NULL)))),
    CONSTRAINT console_access_time_box CHECK (((until IS NULL) OR (until <= (answered_at + '01:00:00'::interval)))),
    CONSTRAINT console_supportaccess_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT console_supportaccess_minutes_check CHECK ((minutes >= 0)),
    CONSTRAINT console_supportaccess_pkey PRIMARY KEY (id),
    CONSTRAINT console_supportacces_answered_by_id_3eee89a3_fk_accounts_ FOREIGN KEY (answered_by_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.console_supportrequest (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    reason character varying(500) NOT NULL,
    minutes smallint NOT NULL,
    state character varying(10) NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    until timestamp with time zone,
    entered_at timestamp with time zone,
    ended_at timestamp with time zone,
    target character varying(40) NOT NULL,
    requested_by_id uuid NOT NULL,
    CONSTRAINT console_supportrequest_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT console_supportrequest_minutes_check CHECK ((minutes >= 0)),
    CONSTRAINT console_supportrequest_pkey PRIMARY KEY (id),
    CONSTRAINT console_supportreque_requested_by_id_38ac0cf2_fk_accounts_ FOREIGN KEY (requested_by_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.console_usedpass (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    used_at timestamp with time zone NOT NULL,
    access_id uuid NOT NULL,
    CONSTRAINT console_usedpass_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT console_usedpass_pkey PRIMARY KEY (id),
    CONSTRAINT console_usedpass_access_id_bc0b40e6_fk_console_supportaccess_id FOREIGN KEY (access_id) REFERENCES @schema@.console_supportaccess(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.core_auditevent (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    event character varying(60) NOT NULL,
    principal character varying(80) NOT NULL,
    subject character varying(120) NOT NULL,
    request_id character varying(40) NOT NULL,
    facts jsonb NOT NULL,
    seq bigint NOT NULL,
    key_id character varying(40) NOT NULL,
    prev bytea NOT NULL,
    mac bytea NOT NULL,
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    CONSTRAINT core_auditevent_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT core_auditevent_pkey PRIMARY KEY (id),
    CONSTRAINT core_auditevent_seq_dbfdc3bd_uniq UNIQUE (seq)
);
CREATE TABLE @schema@.core_companykey (
    id uuid NOT NULL,
    active boolean NOT NULL,
    wrapped jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    retired_at timestamp with time zone,
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    CONSTRAINT core_companykey_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT core_companykey_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.django_admin_log (
    id integer NOT NULL GENERATED BY DEFAULT AS IDENTITY ( SEQUENCE NAME @schema@.django_admin_log_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 ),
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id uuid NOT NULL,
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0)),
    CONSTRAINT django_admin_log_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT django_admin_log_pkey PRIMARY KEY (id),
    CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES @schema@.django_content_type(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT django_admin_log_user_id_c564eba6_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.django_migrations (
    id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY ( SEQUENCE NAME @schema@.django_migrations_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 ),
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL,
    CONSTRAINT django_migrations_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL,
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    CONSTRAINT django_session_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT django_session_pkey PRIMARY KEY (session_key)
);
CREATE TABLE @schema@.ingest_deadletter (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY ( SEQUENCE NAME @schema@.ingest_deadletter_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 ),
    kind character varying(14) NOT NULL,
    key character varying(100) NOT NULL,
    code character varying(60) NOT NULL,
    count integer NOT NULL,
    at timestamp with time zone NOT NULL,
    rounds smallint DEFAULT 1 NOT NULL,
    again_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    CONSTRAINT ingest_deadletter_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT ingest_deadletter_key UNIQUE (kind, key),
    CONSTRAINT ingest_deadletter_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.ingest_hint (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    heard_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone,
    seen_at timestamp with time zone,
    error character varying(60) NOT NULL,
    connection_id uuid NOT NULL,
    CONSTRAINT ingest_hint_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT ingest_hint_key UNIQUE (connection_id, remote_id),
    CONSTRAINT ingest_hint_pkey PRIMARY KEY (id),
    CONSTRAINT ingest_hint_connection_id_4a9812e7_fk_platforms_connection_id FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.ingest_hook (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    path_digest character varying(64) NOT NULL,
    header_digest character varying(64) NOT NULL,
    old_path_digest character varying(64) NOT NULL,
    old_header_digest character varying(64) NOT NULL,
    old_until timestamp with time zone,
    made_at timestamp with time zone NOT NULL,
    heard_at timestamp with time zone,
    connection_id uuid NOT NULL,
    sign_key text DEFAULT ''::text NOT NULL,
    old_sign_key text DEFAULT ''::text NOT NULL,
    CONSTRAINT ingest_hook_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT ingest_hook_connection_id_key UNIQUE (connection_id),
    CONSTRAINT ingest_hook_pkey PRIMARY KEY (id),
    CONSTRAINT ingest_hook_connection_id_9204d79e_fk_platforms_connection_id FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.ingest_notice (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    reason character varying(10) NOT NULL,
    code character varying(60) NOT NULL,
    began_at timestamp with time zone NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    connection_id uuid NOT NULL,
    CONSTRAINT ingest_notice_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT ingest_notice_pkey PRIMARY KEY (id),
    CONSTRAINT ingest_notice_connection_id_9e128fa2_fk_platforms_connection_id FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.ingest_noticemail (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    told_at timestamp with time zone,
    over_at timestamp with time zone,
    notice_id uuid NOT NULL,
    person_id uuid NOT NULL,
    CONSTRAINT ingest_noticemail_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT ingest_noticemail_key UNIQUE (notice_id, person_id),
    CONSTRAINT ingest_noticemail_pkey PRIMARY KEY (id),
    CONSTRAINT ingest_noticemail_notice_id_fcf1a6cb_fk_ingest_notice_id FOREIGN KEY (notice_id) REFERENCES @schema@.ingest_notice(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT ingest_noticemail_person_id_61fdb40d_fk_accounts_user_id FOREIGN KEY (person_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.ingest_outbox (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY ( SEQUENCE NAME @schema@.ingest_outbox_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 ),
    kind character varying(14) NOT NULL,
    object_id uuid NOT NULL,
    priority smallint NOT NULL,
    version bigint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    attempts integer NOT NULL,
    last_error character varying(60) NOT NULL,
    claim bigint NOT NULL,
    deliveries integer NOT NULL,
    aside smallint DEFAULT 0 NOT NULL,
    CONSTRAINT ingest_outbox_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT ingest_outbox_key UNIQUE (kind, object_id),
    CONSTRAINT ingest_outbox_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.ingest_stagetime (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY ( SEQUENCE NAME @schema@.ingest_stagetime_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1 ),
    stage character varying(10) NOT NULL,
    count bigint NOT NULL,
    recent jsonb NOT NULL,
    CONSTRAINT ingest_stagetime_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT ingest_stagetime_pkey PRIMARY KEY (id),
    CONSTRAINT ingest_stagetime_stage_key UNIQUE (stage)
);
CREATE TABLE @schema@.ingest_stream (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    cursor jsonb,
    next_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone,
    fence bigint NOT NULL,
    pages bigint NOT NULL,
    items bigint NOT NULL,
    completed_at timestamp with time zone,
    first_completed_at timestamp with time zone,
    sweep bigint NOT NULL,
    failures integer NOT NULL,
    last_error character varying(60) NOT NULL,
    connection_id uuid NOT NULL,
    deliveries integer NOT NULL,
    confirmed_until timestamp with time zone,
    held integer NOT NULL,
    pace smallint DEFAULT 0 NOT NULL,
    CONSTRAINT ingest_stream_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT ingest_stream_key UNIQUE (connection_id, kind),
    CONSTRAINT ingest_stream_pkey PRIMARY KEY (id),
    CONSTRAINT ingest_stream_connection_id_1722263b_fk_platforms_connection_id FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.ingest_watch (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    connection_id uuid NOT NULL,
    pages bigint NOT NULL,
    moved_at timestamp with time zone NOT NULL,
    looked_at timestamp with time zone NOT NULL,
    CONSTRAINT ingest_watch_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT ingest_watch_pkey PRIMARY KEY (connection_id),
    CONSTRAINT ingest_watch_connection_id_ef61592d_fk_platforms_connection_id FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.llm_budget (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    scope character varying(10) NOT NULL,
    "group" uuid,
    feature character varying(10) NOT NULL,
    unit character varying(10) NOT NULL,
    period character varying(10) NOT NULL,
    most numeric(14,2) NOT NULL,
    used bigint NOT NULL,
    starts timestamp with time zone NOT NULL,
    agent_id uuid,
    CONSTRAINT llm_budget_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT llm_budget_one UNIQUE NULLS NOT DISTINCT (scope, "group", agent_id, feature, unit, period),
    CONSTRAINT llm_budget_pkey PRIMARY KEY (id),
    CONSTRAINT llm_budget_agent_id_a2e6881a_fk_accounts_user_id FOREIGN KEY (agent_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.llm_modelconnection (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    label character varying(60) NOT NULL,
    provider character varying(20) NOT NULL,
    base_url character varying(300) NOT NULL,
    region character varying(40) NOT NULL,
    credentials text NOT NULL,
    names jsonb NOT NULL,
    state character varying(10) NOT NULL,
    last_error character varying(60) NOT NULL,
    checked_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT llm_modelconnection_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT llm_modelconnection_label_key UNIQUE (label),
    CONSTRAINT llm_modelconnection_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.llm_featurechoice (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    feature character varying(10) NOT NULL,
    model character varying(120) NOT NULL,
    second_model character varying(120) NOT NULL,
    connection_id uuid NOT NULL,
    second_id uuid,
    CONSTRAINT llm_featurechoice_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT llm_featurechoice_feature_key UNIQUE (feature),
    CONSTRAINT llm_featurechoice_pkey PRIMARY KEY (id),
    CONSTRAINT llm_featurechoice_connection_id_efa390cb_fk_llm_model FOREIGN KEY (connection_id) REFERENCES @schema@.llm_modelconnection(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT llm_featurechoice_second_id_628f3e08_fk_llm_modelconnection_id FOREIGN KEY (second_id) REFERENCES @schema@.llm_modelconnection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.llm_price (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    model character varying(120) NOT NULL,
    prompt numeric(12,4) NOT NULL,
    answer numeric(12,4) NOT NULL,
    CONSTRAINT llm_price_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT llm_price_model_key UNIQUE (model),
    CONSTRAINT llm_price_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.llm_spend (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    feature character varying(10) NOT NULL,
    agent uuid,
    groups jsonb NOT NULL,
    model character varying(120) NOT NULL,
    tokens bigint NOT NULL,
    money bigint NOT NULL,
    calls smallint NOT NULL,
    settled boolean NOT NULL,
    outcome character varying(20) NOT NULL,
    CONSTRAINT llm_spend_calls_check CHECK ((calls >= 0)),
    CONSTRAINT llm_spend_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT llm_spend_pkey PRIMARY KEY (id)
);
CREATE TABLE @schema@.platforms_article (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    language character varying(12) NOT NULL,
    title text NOT NULL,
    html text NOT NULL,
    text text NOT NULL,
    published boolean NOT NULL,
    status_value character varying(40) NOT NULL,
    visibility character varying(10) NOT NULL,
    category character varying(200) NOT NULL,
    folder character varying(200) NOT NULL,
    folder_id character varying(40) NOT NULL,
    tags jsonb NOT NULL,
    deleted boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    raw_hash character varying(64) NOT NULL,
    sweep bigint NOT NULL,
    connection_id uuid NOT NULL,
    portals jsonb DEFAULT '[]'::jsonb NOT NULL,
    products jsonb DEFAULT '[]'::jsonb NOT NULL,
    readers jsonb DEFAULT '[]'::jsonb NOT NULL,
    barred jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT platforms_article_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_article_key UNIQUE (connection_id, remote_id, language),
    CONSTRAINT platforms_article_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_article_connection_id_b5a6e66d_fk_platforms FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_message (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    number integer NOT NULL,
    kind character varying(12) NOT NULL,
    author character varying(10) NOT NULL,
    author_name character varying(300) NOT NULL,
    author_remote_id character varying(40) NOT NULL,
    visibility character varying(10) NOT NULL,
    html text NOT NULL,
    text text NOT NULL,
    language character varying(12) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    raw_hash character varying(64) NOT NULL,
    ticket_id uuid NOT NULL,
    CONSTRAINT platforms_message_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_message_key UNIQUE (ticket_id, remote_id),
    CONSTRAINT platforms_message_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_message_ticket_id_ee597c75_fk_platforms_ticket_id FOREIGN KEY (ticket_id) REFERENCES @schema@.platforms_ticket(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_attachment (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    name character varying(300) NOT NULL,
    content_type character varying(120) NOT NULL,
    size bigint NOT NULL,
    message_id uuid NOT NULL,
    language character varying(12) DEFAULT ''::character varying NOT NULL,
    outcome character varying(12) DEFAULT ''::character varying NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    CONSTRAINT platforms_attachment_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_attachment_key UNIQUE (message_id, remote_id),
    CONSTRAINT platforms_attachment_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_attachment_message_id_5c8438b5_fk_platforms FOREIGN KEY (message_id) REFERENCES @schema@.platforms_message(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_firm (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    name character varying(300) NOT NULL,
    named boolean NOT NULL,
    met_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    connection_id uuid NOT NULL,
    CONSTRAINT platforms_firm_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_firm_key UNIQUE (connection_id, remote_id),
    CONSTRAINT platforms_firm_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_firm_connection_id_722179a2_fk_platforms FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_group (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    name character varying(200) NOT NULL,
    connection_id uuid NOT NULL,
    CONSTRAINT platforms_group_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_group_key UNIQUE (connection_id, remote_id),
    CONSTRAINT platforms_group_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_group_connection_id_225bbdf0_fk_platforms FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_outgoing (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    kind character varying(10) NOT NULL,
    client_key character varying(100) NOT NULL,
    text text NOT NULL,
    change jsonb NOT NULL,
    from_draft boolean NOT NULL,
    state character varying(10) NOT NULL,
    remote_id character varying(40) NOT NULL,
    code character varying(60) NOT NULL,
    fence bigint NOT NULL,
    claimed_until timestamp with time zone,
    due_at timestamp with time zone NOT NULL,
    repeat_at timestamp with time zone,
    after character varying(40) NOT NULL,
    began_at timestamp with time zone,
    attempts integer NOT NULL,
    ordered_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    agent_id uuid,
    ticket_id uuid NOT NULL,
    user_id uuid,
    CONSTRAINT platforms_outgoing_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_outgoing_client_key_key UNIQUE (client_key),
    CONSTRAINT platforms_outgoing_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_outgoing_agent_id_49fd9052_fk_platforms_person_id FOREIGN KEY (agent_id) REFERENCES @schema@.platforms_person(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT platforms_outgoing_ticket_id_14c24baa_fk_platforms_ticket_id FOREIGN KEY (ticket_id) REFERENCES @schema@.platforms_ticket(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT platforms_outgoing_user_id_99611768_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_product (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    name character varying(200) NOT NULL,
    portals jsonb NOT NULL,
    connection_id uuid NOT NULL,
    CONSTRAINT platforms_product_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_product_key UNIQUE (connection_id, remote_id),
    CONSTRAINT platforms_product_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_product_connection_id_fba6246e_fk_platforms FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_rating (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    score smallint,
    feedback text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sweep bigint NOT NULL,
    missed boolean NOT NULL,
    connection_id uuid NOT NULL,
    person_id uuid,
    ticket_id uuid NOT NULL,
    CONSTRAINT platforms_rating_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_rating_key UNIQUE (connection_id, remote_id),
    CONSTRAINT platforms_rating_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_rating_connection_id_076c2da5_fk_platforms FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT platforms_rating_person_id_dcf657c3_fk_platforms_person_id FOREIGN KEY (person_id) REFERENCES @schema@.platforms_person(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT platforms_rating_ticket_id_3f71ca55_fk_platforms_ticket_id FOREIGN KEY (ticket_id) REFERENCES @schema@.platforms_ticket(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_readyanswer (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    folder character varying(200) NOT NULL,
    audience character varying(10) NOT NULL,
    groups jsonb NOT NULL,
    raw_hash character varying(64) NOT NULL,
    sweep bigint NOT NULL,
    connection_id uuid NOT NULL,
    CONSTRAINT platforms_readyanswer_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_ready_key UNIQUE (connection_id, remote_id),
    CONSTRAINT platforms_readyanswer_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_readyanswe_connection_id_ab4083eb_fk_platforms FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_ticketlink (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    kind character varying(12) NOT NULL,
    other character varying(40) NOT NULL,
    ticket_id uuid NOT NULL,
    CONSTRAINT platforms_ticketlink_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_link_key UNIQUE (ticket_id, kind, other),
    CONSTRAINT platforms_ticketlink_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_ticketlink_ticket_id_51b59fda_fk_platforms_ticket_id FOREIGN KEY (ticket_id) REFERENCES @schema@.platforms_ticket(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_timeentry (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    remote_id character varying(40) NOT NULL,
    minutes integer NOT NULL,
    billable boolean NOT NULL,
    running boolean NOT NULL,
    note text NOT NULL,
    spent_at timestamp with time zone NOT NULL,
    sweep bigint NOT NULL,
    missed boolean NOT NULL,
    agent_id uuid,
    connection_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    CONSTRAINT platforms_timeentry_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_time_key UNIQUE (connection_id, remote_id),
    CONSTRAINT platforms_timeentry_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_timeentry_connection_id_0512a0ef_fk_platforms FOREIGN KEY (connection_id) REFERENCES @schema@.platforms_connection(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT platforms_timeentry_ticket_id_ca8efe98_fk_platforms_ticket_id FOREIGN KEY (ticket_id) REFERENCES @schema@.platforms_ticket(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.platforms_unsent (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    text text NOT NULL,
    before text NOT NULL,
    from_draft boolean NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    ticket_id uuid NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT platforms_unsent_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT platforms_unsent_key UNIQUE (user_id, ticket_id),
    CONSTRAINT platforms_unsent_pkey PRIMARY KEY (id),
    CONSTRAINT platforms_unsent_ticket_id_1d347a35_fk_platforms_ticket_id FOREIGN KEY (ticket_id) REFERENCES @schema@.platforms_ticket(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT platforms_unsent_user_id_e6c3fc0f_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES @schema@.accounts_user(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE @schema@.search_chunk (
    company_id text DEFAULT NULLIF(current_setting('app.company_id'::text, true), ''::text) NOT NULL,
    id uuid NOT NULL,
    profile character varying(20) NOT NULL,
    kind character varying(12) NOT NULL,
    source_id uuid NOT NULL,
    ticket_id uuid,
    remote_id character varying(40) NOT NULL,
    "position" integer NOT NULL,
    start integer NOT NULL,
    "end" integer NOT NULL,
    header text NOT NULL,
    text text NOT NULL,
    language character varying(12) NOT NULL,
    visibility character varying(10) NOT NULL,
    content_hash character varying(64) NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    placed character varying(32) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT search_chunk_company CHECK ((company_id = '@company@'::text)),
    CONSTRAINT search_chunk_pkey PRIMARY KEY (id)
);
CREATE INDEX accounts_apitoken_user_id_bbee13e0 ON @schema@.accounts_apitoken USING btree (user_id);
CREATE INDEX accounts_recoverycode_user_id_994761d3 ON @schema@.accounts_recoverycode USING btree (user_id);
CREATE UNIQUE INDEX accounts_secondfactor_one ON @schema@.accounts_secondfactor USING btree (user_id) WHERE (confirmed_at IS NOT NULL);
CREATE UNIQUE INDEX accounts_secondfactor_one_pending ON @schema@.accounts_secondfactor USING btree (user_id) WHERE (confirmed_at IS NULL);
CREATE INDEX accounts_secondfactor_user_id_1e182b70 ON @schema@.accounts_secondfactor USING btree (user_id);
CREATE INDEX accounts_user_email_b2644a56_like ON @schema@.accounts_user USING btree (email varchar_pattern_ops);
CREATE INDEX accounts_usersession_digest_764e6fc8_like ON @schema@.accounts_usersession USING btree (digest varchar_pattern_ops);
CREATE INDEX accounts_usersession_user_id_567c9519 ON @schema@.accounts_usersession USING btree (user_id);
CREATE INDEX assistant_feedback_recent ON @schema@.assistant_feedback USING btree (updated_at DESC, id DESC);
CREATE INDEX assistant_feedback_similar_id_d2623319 ON @schema@.assistant_feedback USING btree (similar_id);
CREATE INDEX assistant_feedback_ticket_id_05ad9bc6 ON @schema@.assistant_feedback USING btree (ticket_id);
CREATE INDEX auth_group_name_a6ea08ec_like ON @schema@.auth_group USING btree (name varchar_pattern_ops);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON @schema@.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON @schema@.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON @schema@.auth_permission USING btree (content_type_id);
CREATE INDEX console_companyfigures_target_fac9d734_like ON @schema@.console_companyfigures USING btree (target varchar_pattern_ops);
CREATE INDEX console_supportaccess_answered_by_id_3eee89a3 ON @schema@.console_supportaccess USING btree (answered_by_id);
CREATE INDEX console_supportrequest_requested_by_id_38ac0cf2 ON @schema@.console_supportrequest USING btree (requested_by_id);
CREATE INDEX console_supportrequest_target_15e0ea02 ON @schema@.console_supportrequest USING btree (target);
CREATE INDEX console_supportrequest_target_15e0ea02_like ON @schema@.console_supportrequest USING btree (target varchar_pattern_ops);
CREATE INDEX console_usedpass_access_id_bc0b40e6 ON @schema@.console_usedpass USING btree (access_id);
CREATE INDEX core_auditevent_at_3d5eb007 ON @schema@.core_auditevent USING btree (at);
CREATE UNIQUE INDEX core_companykey_active ON @schema@.core_companykey USING btree (active) WHERE active;
CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON @schema@.django_admin_log USING btree (content_type_id);
CREATE INDEX django_admin_log_user_id_c564eba6 ON @schema@.django_admin_log USING btree (user_id);
CREATE INDEX django_session_expire_date_a5c62663 ON @schema@.django_session USING btree (expire_date);
CREATE INDEX django_session_session_key_c0390e0f_like ON @schema@.django_session USING btree (session_key varchar_pattern_ops);
CREATE INDEX ingest_notice_connection_id_9e128fa2 ON @schema@.ingest_notice USING btree (connection_id);
CREATE UNIQUE INDEX ingest_notice_open ON @schema@.ingest_notice USING btree (connection_id) WHERE (ended_at IS NULL);
CREATE INDEX ingest_noticemail_person_id_61fdb40d ON @schema@.ingest_noticemail USING btree (person_id);
CREATE INDEX ingest_outbox_suspect ON @schema@.ingest_outbox USING btree (kind) WHERE ((deliveries > 0) OR (aside > 0));
CREATE INDEX ingest_outbox_turn ON @schema@.ingest_outbox USING btree (kind, priority, due_at, id);
CREATE INDEX ingest_stagetime_stage_9dd1825c_like ON @schema@.ingest_stagetime USING btree (stage varchar_pattern_ops);
CREATE INDEX llm_budget_agent_id_a2e6881a ON @schema@.llm_budget USING btree (agent_id);
CREATE INDEX llm_featurechoice_connection_id_efa390cb ON @schema@.llm_featurechoice USING btree (connection_id);
CREATE INDEX llm_featurechoice_feature_43c51194_like ON @schema@.llm_featurechoice USING btree (feature varchar_pattern_ops);
CREATE INDEX llm_featurechoice_second_id_628f3e08 ON @schema@.llm_featurechoice USING btree (second_id);
CREATE INDEX llm_modelconnection_label_5ae03aa5_like ON @schema@.llm_modelconnection USING btree (label varchar_pattern_ops);
CREATE INDEX llm_price_model_2b4681e1_like ON @schema@.llm_price USING btree (model varchar_pattern_ops);
CREATE INDEX llm_spend_at_83478bde ON @schema@.llm_spend USING btree (at);
CREATE INDEX platforms_article_closed ON @schema@.platforms_article USING btree (connection_id) WHERE ((NOT (readers = '[]'::jsonb)) OR (NOT (barred = '[]'::jsonb)));
CREATE INDEX platforms_attachment_unread ON @schema@.platforms_attachment USING btree (id) WHERE ((outcome)::text = ''::text);
CREATE INDEX platforms_connection_account_57dbc048_like ON @schema@.platforms_connection USING btree (account varchar_pattern_ops);
CREATE INDEX platforms_outgoing_agent_id_49fd9052 ON @schema@.platforms_outgoing USING btree (agent_id);
CREATE INDEX platforms_outgoing_client_key_59fcc9b5_like ON @schema@.platforms_outgoing USING btree (client_key varchar_pattern_ops);
CREATE INDEX platforms_outgoing_due ON @schema@.platforms_outgoing USING btree (due_at) WHERE (ended_at IS NULL);
CREATE INDEX platforms_outgoing_ticket_id_14c24baa ON @schema@.platforms_outgoing USING btree (ticket_id);
CREATE INDEX platforms_outgoing_user_id_99611768 ON @schema@.platforms_outgoing USING btree (user_id);
CREATE INDEX platforms_person_user_id_e1c0774b ON @schema@.platforms_person USING btree (user_id);
CREATE INDEX platforms_rating_person_id_dcf657c3 ON @schema@.platforms_rating USING btree (person_id);
CREATE INDEX platforms_rating_ticket_id_3f71ca55 ON @schema@.platforms_rating USING btree (ticket_id);
CREATE INDEX platforms_ticket_agent_id_f67e4335 ON @schema@.platforms_ticket USING btree (agent_id);
CREATE INDEX platforms_ticket_customer_id_3bd33c2d ON @schema@.platforms_ticket USING btree (customer_id);
CREATE INDEX platforms_ticket_firm_id_dbb2e772 ON @schema@.platforms_ticket USING btree (firm_id);
CREATE INDEX platforms_ticket_group_id_804a1479 ON @schema@.platforms_ticket USING btree (group_id);
CREATE INDEX platforms_ticket_number ON @schema@.platforms_ticket USING btree (number) WHERE (NOT ((number)::text = ''::text));
CREATE INDEX platforms_ticket_product_id_4f1c3154 ON @schema@.platforms_ticket USING btree (product_id);
CREATE INDEX platforms_ticket_queue ON @schema@.platforms_ticket USING btree (status_category, updated_at DESC, id DESC);
CREATE INDEX platforms_ticket_recent ON @schema@.platforms_ticket USING btree (updated_at DESC, id DESC);
CREATE INDEX platforms_ticket_unread ON @schema@.platforms_ticket USING btree (connection_id, remote_id COLLATE "C") WHERE ((thread_version)::text = ''::text);
CREATE INDEX platforms_ticketlink_other_8baad8de ON @schema@.platforms_ticketlink USING btree (other);
CREATE INDEX platforms_ticketlink_other_8baad8de_like ON @schema@.platforms_ticketlink USING btree (other varchar_pattern_ops);
CREATE INDEX platforms_timeentry_agent_id_0fcdabf9 ON @schema@.platforms_timeentry USING btree (agent_id);
CREATE INDEX platforms_timeentry_ticket_id_ca8efe98 ON @schema@.platforms_timeentry USING btree (ticket_id);
CREATE INDEX platforms_unsent_ticket_id_1d347a35 ON @schema@.platforms_unsent USING btree (ticket_id);
CREATE INDEX search_chunk_source_id_d517544b ON @schema@.search_chunk USING btree (source_id);
CREATE INDEX search_chunk_ticket_id_6ed2f6c0 ON @schema@.search_chunk USING btree (ticket_id);
CREATE INDEX search_chunk_unplaced ON @schema@.search_chunk USING btree (id) WHERE ((placed)::text = ''::text);
INSERT INTO @schema@.django_content_type (id, app_label, model, company_id) VALUES
	(1, 'tenancy', 'company', '@company@'),
	(2, 'tenancy', 'domain', '@company@'),
	(3, 'tenancy', 'order', '@company@'),
	(4, 'contenttypes', 'contenttype', '@company@'),
	(5, 'core', 'auditevent', '@company@'),
	(6, 'core', 'companykey', '@company@'),
	(7, 'accounts', 'user', '@company@'),
	(8, 'accounts', 'apitoken', '@company@'),
	(9, 'accounts', 'recoverycode', '@company@'),
	(10, 'accounts', 'secondfactor', '@company@'),
	(11, 'accounts', 'usersession', '@company@'),
	(12, 'auth', 'permission', '@company@'),
	(13, 'auth', 'group', '@company@'),
	(14, 'sessions', 'session', '@company@'),
	(15, 'admin', 'logentry', '@company@'),
	(16, 'platforms', 'connection', '@company@'),
	(17, 'platforms', 'message', '@company@'),
	(18, 'platforms', 'group', '@company@'),
	(19, 'platforms', 'attachment', '@company@'),
	(20, 'platforms', 'person', '@company@'),
	(21, 'platforms', 'ticket', '@company@'),
	(22, 'platforms', 'article', '@company@'),
	(23, 'platforms', 'outgoing', '@company@'),
	(24, 'platforms', 'unsent', '@company@'),
	(25, 'platforms', 'ticketlink', '@company@'),
	(26, 'platforms', 'product', '@company@'),
	(27, 'platforms', 'firm', '@company@'),
	(28, 'platforms', 'readyanswer', '@company@'),
	(29, 'platforms', 'rating', '@company@'),
	(30, 'platforms', 'timeentry', '@company@'),
	(31, 'llm', 'modelconnection', '@company@'),
	(32, 'llm', 'price', '@company@'),
	(33, 'llm', 'spend', '@company@'),
	(34, 'llm', 'featurechoice', '@company@'),
	(35, 'llm', 'budget', '@company@'),
	(36, 'search', 'chunk', '@company@'),
	(37, 'ingest', 'outbox', '@company@'),
	(38, 'ingest', 'stream', '@company@'),
	(39, 'ingest', 'deadletter', '@company@'),
	(40, 'ingest', 'hook', '@company@'),
	(41, 'ingest', 'hint', '@company@'),
	(42, 'ingest', 'stagetime', '@company@'),
	(43, 'ingest', 'watch', '@company@'),
	(44, 'ingest', 'notice', '@company@'),
	(45, 'ingest', 'noticemail', '@company@'),
	(46, 'assistant', 'brief', '@company@'),
	(47, 'assistant', 'savedview', '@company@'),
	(48, 'assistant', 'feedback', '@company@'),
	(49, 'console', 'companyfigures', '@company@'),
	(50, 'console', 'supportaccess', '@company@'),
	(51, 'console', 'supportrequest', '@company@'),
	(52, 'console', 'usedpass', '@company@');
INSERT INTO @schema@.auth_permission (id, name, content_type_id, codename, company_id) VALUES
	(1, 'Can add company', 1, 'add_company', '@company@'),
	(2, 'Can change company', 1, 'change_company', '@company@'),
	(3, 'Can delete company', 1, 'delete_company', '@company@'),
	(4, 'Can view company', 1, 'view_company', '@company@'),
	(5, 'Can add domain', 2, 'add_domain', '@company@'),
	(6, 'Can change domain', 2, 'change_domain', '@company@'),
	(7, 'Can delete domain', 2, 'delete_domain', '@company@'),
	(8, 'Can view domain', 2, 'view_domain', '@company@'),
	(9, 'Can add order', 3, 'add_order', '@company@'),
	(10, 'Can change order', 3, 'change_order', '@company@'),
	(11, 'Can delete order', 3, 'delete_order', '@company@'),
	(12, 'Can view order', 3, 'view_order', '@company@'),
	(13, 'Can add content type', 4, 'add_contenttype', '@company@'),
	(14, 'Can change content type', 4, 'change_contenttype', '@company@'),
	(15, 'Can delete content type', 4, 'delete_contenttype', '@company@'),
	(16, 'Can view content type', 4, 'view_contenttype', '@company@'),
	(17, 'Can add audit entry', 5, 'add_auditevent', '@company@'),
	(18, 'Can change audit entry', 5, 'change_auditevent', '@company@'),
	(19, 'Can delete audit entry', 5, 'delete_auditevent', '@company@'),
	(20, 'Can view audit entry', 5, 'view_auditevent', '@company@'),
	(21, 'Can add company key', 6, 'add_companykey', '@company@'),
	(22, 'Can change company key', 6, 'change_companykey', '@company@'),
	(23, 'Can delete company key', 6, 'delete_companykey', '@company@'),
	(24, 'Can view company key', 6, 'view_companykey', '@company@'),
	(25, 'Can add person', 7, 'add_user', '@company@'),
	(26, 'Can change person', 7, 'change_user', '@company@'),
	(27, 'Can delete person', 7, 'delete_user', '@company@'),
	(28, 'Can view person', 7, 'view_user', '@company@'),
	(29, 'Can add API token', 8, 'add_apitoken', '@company@'),
	(30, 'Can change API token', 8, 'change_apitoken', '@company@'),
	(31, 'Can delete API token', 8, 'delete_apitoken', '@company@'),
	(32, 'Can view API token', 8, 'view_apitoken', '@company@'),
	(33, 'Can add recovery code', 9, 'add_recoverycode', '@company@'),
	(34, 'Can change recovery code', 9, 'change_recoverycode', '@company@'),
	(35, 'Can delete recovery code', 9, 'delete_recoverycode', '@company@'),
	(36, 'Can view recovery code', 9, 'view_recoverycode', '@company@'),
	(37, 'Can add second factor', 10, 'add_secondfactor', '@company@'),
	(38, 'Can change second factor', 10, 'change_secondfactor', '@company@'),
	(39, 'Can delete second factor', 10, 'delete_secondfactor', '@company@'),
	(40, 'Can view second factor', 10, 'view_secondfactor', '@company@'),
	(41, 'Can add session', 11, 'add_usersession', '@company@'),
	(42, 'Can change session', 11, 'change_usersession', '@company@'),
	(43, 'Can delete session', 11, 'delete_usersession', '@company@'),
	(44, 'Can view session', 11, 'view_usersession', '@company@'),
	(45, 'Can add permission', 12, 'add_permission', '@company@'),
	(46, 'Can change permission', 12, 'change_permission', '@company@'),
	(47, 'Can delete permission', 12, 'delete_permission', '@company@'),
	(48, 'Can view permission', 12, 'view_permission', '@company@'),
	(49, 'Can add group', 13, 'add_group', '@company@'),
	(50, 'Can change group', 13, 'change_group', '@company@'),
	(51, 'Can delete group', 13, 'delete_group', '@company@'),
	(52, 'Can view group', 13, 'view_group', '@company@'),
	(53, 'Can add session', 14, 'add_session', '@company@'),
	(54, 'Can change session', 14, 'change_session', '@company@'),
	(55, 'Can delete session', 14, 'delete_session', '@company@'),
	(56, 'Can view session', 14, 'view_session', '@company@'),
	(57, 'Can add log entry', 15, 'add_logentry', '@company@'),
	(58, 'Can change log entry', 15, 'change_logentry', '@company@'),
	(59, 'Can delete log entry', 15, 'delete_logentry', '@company@'),
	(60, 'Can view log entry', 15, 'view_logentry', '@company@'),
	(61, 'Can add connection', 16, 'add_connection', '@company@'),
	(62, 'Can change connection', 16, 'change_connection', '@company@'),
	(63, 'Can delete connection', 16, 'delete_connection', '@company@'),
	(64, 'Can view connection', 16, 'view_connection', '@company@'),
	(65, 'Can add message', 17, 'add_message', '@company@'),
	(66, 'Can change message', 17, 'change_message', '@company@'),
	(67, 'Can delete message', 17, 'delete_message', '@company@'),
	(68, 'Can view message', 17, 'view_message', '@company@'),
	(69, 'Can add group', 18, 'add_group', '@company@'),
	(70, 'Can change group', 18, 'change_group', '@company@'),
	(71, 'Can delete group', 18, 'delete_group', '@company@'),
	(72, 'Can view group', 18, 'view_group', '@company@'),
	(73, 'Can add attachment', 19, 'add_attachment', '@company@'),
	(74, 'Can change attachment', 19, 'change_attachment', '@company@'),
	(75, 'Can delete attachment', 19, 'delete_attachment', '@company@'),
	(76, 'Can view attachment', 19, 'view_attachment', '@company@'),
	(77, 'Can add person in the helpdesk', 20, 'add_person', '@company@'),
	(78, 'Can change person in the helpdesk', 20, 'change_person', '@company@'),
	(79, 'Can delete person in the helpdesk', 20, 'delete_person', '@company@'),
	(80, 'Can view person in the helpdesk', 20, 'view_person', '@company@'),
	(81, 'Can add ticket', 21, 'add_ticket', '@company@'),
	(82, 'Can change ticket', 21, 'change_ticket', '@company@'),
	(83, 'Can delete ticket', 21, 'delete_ticket', '@company@'),
	(84, 'Can view ticket', 21, 'view_ticket', '@company@'),
	(85, 'Can add article', 22, 'add_article', '@company@'),
	(86, 'Can change article', 22, 'change_article', '@company@'),
	(87, 'Can delete article', 22, 'delete_article', '@company@'),
	(88, 'Can view article', 22, 'view_article', '@company@'),
	(89, 'Can add outgoing message', 23, 'add_outgoing', '@company@'),
	(90, 'Can change outgoing message', 23, 'change_outgoing', '@company@'),
	(91, 'Can delete outgoing message', 23, 'delete_outgoing', '@company@'),
	(92, 'Can view outgoing message', 23, 'view_outgoing', '@company@'),
	(93, 'Can add unsent reply', 24, 'add_unsent', '@company@'),
	(94, 'Can change unsent reply', 24, 'change_unsent', '@company@'),
	(95, 'Can delete unsent reply', 24, 'delete_unsent', '@company@'),
	(96, 'Can view unsent reply', 24, 'view_unsent', '@company@'),
	(97, 'Can add link between tickets', 25, 'add_ticketlink', '@company@'),
	(98, 'Can change link between tickets', 25, 'change_ticketlink', '@company@'),
	(99, 'Can delete link between tickets', 25, 'delete_ticketlink', '@company@'),
	(100, 'Can view link between tickets', 25, 'view_ticketlink', '@company@'),
	(101, 'Can add product', 26, 'add_product', '@company@'),
	(102, 'Can change product', 26, 'change_product', '@company@'),
	(103, 'Can delete product', 26, 'delete_product', '@company@'),
	(104, 'Can view product', 26, 'view_product', '@company@'),
	(105, 'Can add customer’s company', 27, 'add_firm', '@company@'),
	(106, 'Can change customer’s company', 27, 'change_firm', '@company@'),
	(107, 'Can delete customer’s company', 27, 'delete_firm', '@company@'),
	(108, 'Can view customer’s company', 27, 'view_firm', '@company@'),
	(109, 'Can add saved reply', 28, 'add_readyanswer', '@company@'),
	(110, 'Can change saved reply', 28, 'change_readyanswer', '@company@'),
	(111, 'Can delete saved reply', 28, 'delete_readyanswer', '@company@'),
	(112, 'Can view saved reply', 28, 'view_readyanswer', '@company@'),
	(113, 'Can add rating', 29, 'add_rating', '@company@'),
	(114, 'Can change rating', 29, 'change_rating', '@company@'),
	(115, 'Can delete rating', 29, 'delete_rating', '@company@'),
	(116, 'Can view rating', 29, 'view_rating', '@company@'),
	(117, 'Can add time entry', 30, 'add_timeentry', '@company@'),
	(118, 'Can change time entry', 30, 'change_timeentry', '@company@'),
	(119, 'Can delete time entry', 30, 'delete_timeentry', '@company@'),
	(120, 'Can view time entry', 30, 'view_timeentry', '@company@'),
	(121, 'Can add connection to models', 31, 'add_modelconnection', '@company@'),
	(122, 'Can change connection to models', 31, 'change_modelconnection', '@company@'),
	(123, 'Can delete connection to models', 31, 'delete_modelconnection', '@company@'),
	(124, 'Can view connection to models', 31, 'view_modelconnection', '@company@'),
	(125, 'Can add price of a model', 32, 'add_price', '@company@'),
	(126, 'Can change price of a model', 32, 'change_price', '@company@'),
	(127, 'Can delete price of a model', 32, 'delete_price', '@company@'),
	(128, 'Can view price of a model', 32, 'view_price', '@company@'),
	(129, 'Can add spend', 33, 'add_spend', '@company@'),
	(130, 'Can change spend', 33, 'change_spend', '@company@'),
	(131, 'Can delete spend', 33, 'delete_spend', '@company@'),
	(132, 'Can view spend', 33, 'view_spend', '@company@'),
	(133, 'Can add choice of a model', 34, 'add_featurechoice', '@company@'),
	(134, 'Can change choice of a model', 34, 'change_featurechoice', '@company@'),
	(135, 'Can delete choice of a model', 34, 'delete_featurechoice', '@company@'),
	(136, 'Can view choice of a model', 34, 'view_featurechoice', '@company@'),
	(137, 'Can add budget for models', 35, 'add_budget', '@company@'),
	(138, 'Can change budget for models', 35, 'change_budget', '@company@'),
	(139, 'Can delete budget for models', 35, 'delete_budget', '@company@'),
	(140, 'Can view budget for models', 35, 'view_budget', '@company@'),
	(141, 'Can add chunk', 36, 'add_chunk', '@company@'),
	(142, 'Can change chunk', 36, 'change_chunk', '@company@'),
	(143, 'Can delete chunk', 36, 'delete_chunk', '@company@'),
	(144, 'Can view chunk', 36, 'view_chunk', '@company@'),
	(145, 'Can add owed work', 37, 'add_outbox', '@company@'),
	(146, 'Can change owed work', 37, 'change_outbox', '@company@'),
	(147, 'Can delete owed work', 37, 'delete_outbox', '@company@'),
	(148, 'Can view owed work', 37, 'view_outbox', '@company@'),
	(149, 'Can add feed', 38, 'add_stream', '@company@'),
	(150, 'Can change feed', 38, 'change_stream', '@company@'),
	(151, 'Can delete feed', 38, 'delete_stream', '@company@'),
	(152, 'Can view feed', 38, 'view_stream', '@company@'),
	(153, 'Can add work set aside', 39, 'add_deadletter', '@company@'),
	(154, 'Can change work set aside', 39, 'change_deadletter', '@company@'),
	(155, 'Can delete work set aside', 39, 'delete_deadletter', '@company@'),
	(156, 'Can view work set aside', 39, 'view_deadletter', '@company@'),
	(157, 'Can add webhook', 40, 'add_hook', '@company@'),
	(158, 'Can change webhook', 40, 'change_hook', '@company@'),
	(159, 'Can delete webhook', 40, 'delete_hook', '@company@'),
	(160, 'Can view webhook', 40, 'view_hook', '@company@'),
	(161, 'Can add hint', 41, 'add_hint', '@company@'),
	(162, 'Can change hint', 41, 'change_hint', '@company@'),
	(163, 'Can delete hint', 41, 'delete_hint', '@company@'),
	(164, 'Can view hint', 41, 'view_hint', '@company@'),
	(165, 'Can add time of a step', 42, 'add_stagetime', '@company@'),
	(166, 'Can change time of a step', 42, 'change_stagetime', '@company@'),
	(167, 'Can delete time of a step', 42, 'delete_stagetime', '@company@'),
	(168, 'Can view time of a step', 42, 'view_stagetime', '@company@'),
	(169, 'Can add watch', 43, 'add_watch', '@company@'),
	(170, 'Can change watch', 43, 'change_watch', '@company@'),
	(171, 'Can delete watch', 43, 'delete_watch', '@company@'),
	(172, 'Can view watch', 43, 'view_watch', '@company@'),
	(173, 'Can add notice', 44, 'add_notice', '@company@'),
	(174, 'Can change notice', 44, 'change_notice', '@company@'),
	(175, 'Can delete notice', 44, 'delete_notice', '@company@'),
	(176, 'Can view notice', 44, 'view_notice', '@company@'),
	(177, 'Can add mail of a notice', 45, 'add_noticemail', '@company@'),
	(178, 'Can change mail of a notice', 45, 'change_noticemail', '@company@'),
	(179, 'Can delete mail of a notice', 45, 'delete_noticemail', '@company@'),
	(180, 'Can view mail of a notice', 45, 'view_noticemail', '@company@'),
	(181, 'Can add brief', 46, 'add_brief', '@company@'),
	(182, 'Can change brief', 46, 'change_brief', '@company@'),
	(183, 'Can delete brief', 46, 'delete_brief', '@company@'),
	(184, 'Can view brief', 46, 'view_brief', '@company@'),
	(185, 'Can add saved view', 47, 'add_savedview', '@company@'),
	(186, 'Can change saved view', 47, 'change_savedview', '@company@'),
	(187, 'Can delete saved view', 47, 'delete_savedview', '@company@'),
	(188, 'Can view saved view', 47, 'view_savedview', '@company@'),
	(189, 'Can add feedback', 48, 'add_feedback', '@company@'),
	(190, 'Can change feedback', 48, 'change_feedback', '@company@'),
	(191, 'Can delete feedback', 48, 'delete_feedback', '@company@'),
	(192, 'Can view feedback', 48, 'view_feedback', '@company@'),
	(193, 'Can add company figures', 49, 'add_companyfigures', '@company@'),
	(194, 'Can change company figures', 49, 'change_companyfigures', '@company@'),
	(195, 'Can delete company figures', 49, 'delete_companyfigures', '@company@'),
	(196, 'Can view company figures', 49, 'view_companyfigures', '@company@'),
	(197, 'Can add support access', 50, 'add_supportaccess', '@company@'),
	(198, 'Can change support access', 50, 'change_supportaccess', '@company@'),
	(199, 'Can delete support access', 50, 'delete_supportaccess', '@company@'),
	(200, 'Can view support access', 50, 'view_supportaccess', '@company@'),
	(201, 'Can add support request', 51, 'add_supportrequest', '@company@'),
	(202, 'Can change support request', 51, 'change_supportrequest', '@company@'),
	(203, 'Can delete support request', 51, 'delete_supportrequest', '@company@'),
	(204, 'Can view support request', 51, 'view_supportrequest', '@company@'),
	(205, 'Can add used pass', 52, 'add_usedpass', '@company@'),
	(206, 'Can change used pass', 52, 'change_usedpass', '@company@'),
	(207, 'Can delete used pass', 52, 'delete_usedpass', '@company@'),
	(208, 'Can view used pass', 52, 'view_usedpass', '@company@');
INSERT INTO @schema@.django_migrations (id, app, name, applied) VALUES
	(1, 'accounts', '0001_initial', now()),
	(2, 'accounts', '0002_roles', now()),
	(3, 'accounts', '0003_token_life', now()),
	(4, 'accounts', '0004_second_factor', now()),
	(5, 'accounts', '0005_sessions_of_people', now()),
	(6, 'accounts', '0006_email_verified', now()),
	(7, 'contenttypes', '0001_initial', now()),
	(8, 'admin', '0001_initial', now()),
	(9, 'admin', '0002_logentry_remove_auto_add', now()),
	(10, 'admin', '0003_logentry_add_action_flag_choices', now()),
	(11, 'platforms', '0001_initial', now()),
	(12, 'platforms', '0002_sealed_credentials', now()),
	(13, 'platforms', '0003_sweep', now()),
	(14, 'platforms', '0004_check_report', now()),
	(15, 'platforms', '0005_named', now()),
	(16, 'platforms', '0006_mapped_agents', now()),
	(17, 'platforms', '0007_files', now()),
	(18, 'assistant', '0001_initial', now()),
	(19, 'assistant', '0002_saved_views', now()),
	(20, 'assistant', '0003_feedback', now()),
	(21, 'assistant', '0004_complete', now()),
	(22, 'contenttypes', '0002_remove_content_type_name', now()),
	(23, 'auth', '0001_initial', now()),
	(24, 'auth', '0002_alter_permission_name_max_length', now()),
	(25, 'auth', '0003_alter_user_email_max_length', now()),
	(26, 'auth', '0004_alter_user_username_opts', now()),
	(27, 'auth', '0005_alter_user_last_login_null', now()),
	(28, 'auth', '0006_require_contenttypes_0002', now()),
	(29, 'auth', '0007_alter_validators_add_error_messages', now()),
	(30, 'auth', '0008_alter_user_username_max_length', now()),
	(31, 'auth', '0009_alter_user_last_name_max_length', now()),
	(32, 'auth', '0010_alter_group_name_max_length', now()),
	(33, 'auth', '0011_update_proxy_permissions', now()),
	(34, 'auth', '0012_alter_user_first_name_max_length', now()),
	(35, 'console', '0001_initial', now()),
	(36, 'core', '0001_initial', now()),
	(37, 'core', '0002_audit_chain', now()),
	(38, 'core', '0003_companykey', now()),
	(39, 'core', '0004_audit_head', now()),
	(40, 'platforms', '0008_scope', now()),
	(41, 'platforms', '0009_outgoing', now()),
	(42, 'platforms', '0010_reading_files', now()),
	(43, 'platforms', '0011_links', now()),
	(44, 'platforms', '0012_products', now()),
	(45, 'platforms', '0013_firms', now()),
	(46, 'platforms', '0014_canned', now()),
	(47, 'ingest', '0001_initial', now()),
	(48, 'ingest', '0002_deliveries', now()),
	(49, 'ingest', '0003_slow_feeds', now()),
	(50, 'ingest', '0004_tried_again', now()),
	(51, 'ingest', '0005_row', now()),
	(52, 'ingest', '0006_people', now()),
	(53, 'ingest', '0007_second', now()),
	(54, 'ingest', '0008_scopes', now()),
	(55, 'ingest', '0009_hints', now()),
	(56, 'ingest', '0010_files', now()),
	(57, 'ingest', '0011_stages', now()),
	(58, 'ingest', '0012_products', now()),
	(59, 'ingest', '0013_companies', now()),
	(60, 'ingest', '0014_turns', now()),
	(61, 'ingest', '0015_canned', now()),
	(62, 'ingest', '0016_notices', now()),
	(63, 'ingest', '0017_ratings', now()),
	(64, 'ingest', '0018_reindex', now()),
	(65, 'ingest', '0019_times', now()),
	(66, 'ingest', '0020_activities', now()),
	(67, 'ingest', '0021_threads', now()),
	(68, 'ingest', '0022_signed', now()),
	(69, 'llm', '0001_initial', now()),
	(70, 'platforms', '0015_label', now()),
	(71, 'platforms', '0016_ratings', now()),
	(72, 'platforms', '0017_time_entries', now()),
	(73, 'platforms', '0018_unread', now()),
	(74, 'platforms', '0019_number', now()),
	(75, 'platforms', '0020_criteria', now()),
	(76, 'search', '0001_initial', now()),
	(77, 'search', '0002_placed', now()),
	(78, 'search', '0003_files', now()),
	(79, 'search', '0004_products', now()),
	(80, 'sessions', '0001_initial', now()),
	(81, 'tenancy', '0001_initial', now()),
	(82, 'tenancy', '0002_domain_verified_at', now()),
	(83, 'tenancy', '0003_orders', now());
SELECT pg_catalog.setval('@schema@.auth_permission_id_seq', 208, true);
SELECT pg_catalog.setval('@schema@.django_content_type_id_seq', 52, true);
SELECT pg_catalog.setval('@schema@.django_migrations_id_seq', 83, true);
ALTER TABLE ONLY @schema@.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES @schema@.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
CREATE FUNCTION @schema@.core_auditevent_grows_only() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog'
    AS $$ BEGIN RAISE EXCEPTION 'the audit trail only grows' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE FUNCTION @schema@.core_auditevent_head(OUT company text, OUT last bigint, OUT seal bytea) RETURNS record
    LANGUAGE plpgsql
    SET enable_sort TO 'off'
    AS $$ BEGIN company := current_setting('app.company_id'); PERFORM pg_advisory_xact_lock(7305, hashtext(company)); SELECT e.seq, e.mac INTO last, seal FROM core_auditevent e ORDER BY e.seq DESC LIMIT 1; END $$;
CREATE TRIGGER core_auditevent_all BEFORE TRUNCATE ON @schema@.core_auditevent FOR EACH STATEMENT EXECUTE FUNCTION @schema@.core_auditevent_grows_only();
CREATE TRIGGER core_auditevent_rows BEFORE DELETE OR UPDATE ON @schema@.core_auditevent FOR EACH ROW EXECUTE FUNCTION @schema@.core_auditevent_grows_only();
REVOKE ALL ON FUNCTION @schema@.core_auditevent_grows_only() FROM PUBLIC;
REVOKE ALL ON FUNCTION @schema@.core_auditevent_head(OUT company text, OUT last bigint, OUT seal bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION @schema@.core_auditevent_head(OUT company text, OUT last bigint, OUT seal bytea) TO deskhand_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE @schema@.accounts_apitoken, @schema@.accounts_recoverycode, @schema@.accounts_secondfactor, @schema@.accounts_user, @schema@.accounts_usersession, @schema@.assistant_brief, @schema@.assistant_feedback, @schema@.assistant_savedview, @schema@.auth_group, @schema@.auth_group_permissions, @schema@.auth_permission, @schema@.console_companyfigures, @schema@.console_supportaccess, @schema@.console_supportrequest, @schema@.console_usedpass, @schema@.core_companykey, @schema@.django_admin_log, @schema@.django_content_type, @schema@.django_session, @schema@.ingest_deadletter, @schema@.ingest_hint, @schema@.ingest_hook, @schema@.ingest_notice, @schema@.ingest_noticemail, @schema@.ingest_outbox, @schema@.ingest_stagetime, @schema@.ingest_stream, @schema@.ingest_watch, @schema@.llm_budget, @schema@.llm_featurechoice, @schema@.llm_modelconnection, @schema@.llm_price, @schema@.llm_spend, @schema@.platforms_article, @schema@.platforms_attachment, @schema@.platforms_connection, @schema@.platforms_firm, @schema@.platforms_group, @schema@.platforms_message, @schema@.platforms_outgoing, @schema@.platforms_person, @schema@.platforms_product, @schema@.platforms_rating, @schema@.platforms_readyanswer, @schema@.platforms_ticket, @schema@.platforms_ticketlink, @schema@.platforms_timeentry, @schema@.platforms_unsent, @schema@.search_chunk TO deskhand_app;
GRANT USAGE ON SEQUENCE @schema@.auth_group_id_seq, @schema@.auth_group_permissions_id_seq, @schema@.auth_permission_id_seq, @schema@.django_admin_log_id_seq, @schema@.django_content_type_id_seq, @schema@.django_migrations_id_seq, @schema@.ingest_deadletter_id_seq, @schema@.ingest_outbox_id_seq, @schema@.ingest_stagetime_id_seq TO deskhand_app;
GRANT SELECT,INSERT ON TABLE @schema@.core_auditevent TO deskhand_app;
GRANT SELECT ON TABLE @schema@.django_migrations TO deskhand_app;
CREATE POLICY company_rows ON @schema@.accounts_apitoken TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.accounts_apitoken AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.accounts_recoverycode TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.accounts_recoverycode AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.accounts_secondfactor TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.accounts_secondfactor AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.accounts_user TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.accounts_user AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.accounts_usersession TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.accounts_usersession AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.assistant_brief TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.assistant_brief AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.assistant_feedback TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.assistant_feedback AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.assistant_savedview TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.assistant_savedview AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.auth_group TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.auth_group AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.auth_group_permissions TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.auth_group_permissions AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.auth_permission TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.auth_permission AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.console_companyfigures TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.console_companyfigures AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.console_supportaccess TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.console_supportaccess AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.console_supportrequest TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.console_supportrequest AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.console_usedpass TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.console_usedpass AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.core_auditevent TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.core_auditevent AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.core_companykey TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.core_companykey AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.django_admin_log TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.django_admin_log AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.django_content_type TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.django_content_type AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.django_session TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.django_session AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.ingest_deadletter TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.ingest_deadletter AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.ingest_hint TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.ingest_hint AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.ingest_hook TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.ingest_hook AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.ingest_notice TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.ingest_notice AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.ingest_noticemail TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.ingest_noticemail AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.ingest_outbox TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.ingest_outbox AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.ingest_stagetime TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.ingest_stagetime AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.ingest_stream TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.ingest_stream AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.ingest_watch TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.ingest_watch AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.llm_budget TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.llm_budget AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.llm_featurechoice TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.llm_featurechoice AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.llm_modelconnection TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.llm_modelconnection AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.llm_price TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.llm_price AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.llm_spend TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.llm_spend AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_article TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_article AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_attachment TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_attachment AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_connection TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_connection AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_firm TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_firm AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_group TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_group AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_message TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_message AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_outgoing TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_outgoing AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_person TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_person AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_product TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_product AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_rating TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_rating AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_readyanswer TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_readyanswer AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_ticket TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_ticket AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_ticketlink TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_ticketlink AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_timeentry TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_timeentry AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.platforms_unsent TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.platforms_unsent AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
CREATE POLICY company_rows ON @schema@.search_chunk TO deskhand_owner, deskhand_app USING ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text))) WITH CHECK ((company_id = NULLIF(current_setting('app.company_id'::text, true), ''::text)));
CREATE POLICY company_schema ON @schema@.search_chunk AS RESTRICTIVE TO deskhand_owner, deskhand_app USING ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text)) WITH CHECK ((NULLIF(current_setting('app.company_id'::text, true), ''::text) = '@company@'::text));
ALTER TABLE @schema@.accounts_apitoken FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.accounts_recoverycode FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.accounts_secondfactor FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.accounts_user FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.accounts_usersession FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.assistant_brief FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.assistant_feedback FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.assistant_savedview FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.auth_group FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.auth_group_permissions FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.auth_permission FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.console_companyfigures FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.console_supportaccess FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.console_supportrequest FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.console_usedpass FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.core_auditevent FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.core_companykey FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.django_admin_log FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.django_content_type FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.django_session FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.ingest_deadletter FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.ingest_hint FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.ingest_hook FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.ingest_notice FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.ingest_noticemail FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.ingest_outbox FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.ingest_stagetime FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.ingest_stream FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.ingest_watch FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.llm_budget FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.llm_featurechoice FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.llm_modelconnection FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.llm_price FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.llm_spend FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_article FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_attachment FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_connection FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_firm FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_group FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_message FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_outgoing FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_person FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_product FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_rating FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_readyanswer FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_ticket FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_ticketlink FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_timeentry FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.platforms_unsent FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
ALTER TABLE @schema@.search_chunk FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;
