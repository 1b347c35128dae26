import base64
import hashlib
import hmac

from counterfoil.delivery import signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_example_of_the_standard_comes_out():
    """The example that the libraries of Standard Webhooks are tested with."""
    said = signature.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', SECRET)
    assert said == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_signature_is_an_hmac_of_id_time_and_body():
    key = b"k" * 32
    said = signature.headers("id", 12, b"body", "whsec_" + base64.b64encode(key).decode())
    digest = hmac.new(key, b"id.12.body", hashlib.sha256).digest()
    assert said["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_without_a_secret_nothing_is_signed():
    assert signature.headers("id", 12, b"body", None) == {"webhook-id": "id", "webhook-timestamp": "12"}


def test_a_secret_has_its_form():
    assert signature.key_of(SECRET) is not None
    for wrong in ("", "whsec_", "whsec_YQ==", SECRET[6:], SECRET + "!", "whsec_" + "A" * 100):
        assert signature.key_of(wrong) is None
