#pragma once

// Copy this file to settings.h, which is not committed, and fill it in.

#define WIFI_NAME "my-network"
#define WIFI_PASSWORD "my-password"

// mqtt://, mqtts://, ws://HOST:8080/mqtt or wss://
#define BROKER_URL "mqtt://192.168.1.10:1883"

// The client id, and the device's level in every topic. One device, one id.
#define DEVICE_ID "esp32-kitchen"

// For a broker with accounts.
// #define BROKER_USERNAME "esp32-kitchen"
// #define BROKER_PASSWORD "secret"

// For mqtts:// and wss://: the certificate of the authority that signed the broker's.
// #define BROKER_CA "-----BEGIN CERTIFICATE-----\n" ... "-----END CERTIFICATE-----\n"
