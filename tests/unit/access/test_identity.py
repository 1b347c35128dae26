from counterfoil.access import ANONYMOUS, EVERYTHING, GUEST, SELF, Identity

INVOICE = "Magento_Sales::invoice"


def test_a_named_resource_is_allowed_and_no_other():
    identity = Identity("integration", 1, "erp", frozenset({INVOICE}))

    assert identity.allows(INVOICE, writes=True)
    assert not identity.allows("Magento_Sales::ship")


def test_all_means_all():
    assert Identity("admin", 1, "ann", frozenset({EVERYTHING})).allows(INVOICE, writes=True)


def test_a_read_only_identity_looks_and_does_not_touch():
    viewer = Identity("admin", 1, "vic", frozenset({EVERYTHING}), read_only=True)

    assert viewer.allows(INVOICE)
    assert not viewer.allows(INVOICE, writes=True)


def test_a_guest_may_use_what_is_open_to_all_and_nothing_else():
    assert GUEST.allows(ANONYMOUS, writes=True)
    assert not GUEST.allows(INVOICE)
    assert not GUEST.allows(SELF)


def test_only_a_customer_is_served_what_is_their_own():
    assert Identity("customer", 1, "c@example.com").allows(SELF, writes=True)
    assert not Identity("admin", 1, "ann", frozenset({EVERYTHING})).allows(SELF)
