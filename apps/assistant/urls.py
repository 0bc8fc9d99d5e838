from django.urls import path
app_name="assistant"
urlpatterns=[]
