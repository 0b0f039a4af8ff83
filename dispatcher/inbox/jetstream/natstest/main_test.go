package natstest_test

import (
	"os"
	"testing"

	"github.com/switchhook/switchhook/internal/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }
