"""Which page of this floor is where?"""

from django.urls import path

from people import signing

app_name = "people"
urlpatterns = [
    path("sign-in/", signing.sign_in, name="sign_in"),
    path("sign-out/", signing.sign_out, name="sign_out"),
    path("here/", signing.here, name="here"),
]
