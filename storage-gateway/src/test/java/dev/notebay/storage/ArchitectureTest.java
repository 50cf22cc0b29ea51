package dev.notebay.storage;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.UUID;

@AnalyzeClasses(
    packages = "dev.notebay.storage",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule coreIsPlainJava =
      classes()
          .that()
          .resideInAPackage("..core..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "dev.notebay.storage.core..", "org.jspecify.annotations..");

  @ArchTest
  static final ArchRule edgesDoNotKnowEachOther =
      slices()
          .matching("dev.notebay.storage.(grpc|postgres|files|kube|metrics)..")
          .should()
          .notDependOnEachOther();

  @ArchTest
  static final ArchRule onlyConfigPutsThingsTogether =
      noClasses()
          .that()
          .resideOutsideOfPackage("..config..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..config..", "jakarta..", "io.quarkus..");

  @ArchTest
  static final ArchRule nobodyReadsTheWallClock =
      noClasses()
          .that()
          .resideOutsideOfPackage("..config..")
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(InstantSource.class, "system")
          .orShould()
          .callMethod(Thread.class, "sleep", long.class);

  @ArchTest
  static final ArchRule coreMakesNoIdsAndNoThreads =
      noClasses()
          .that()
          .resideInAPackage("..core..")
          .should()
          .callMethod(UUID.class, "randomUUID")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(Random.class)
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.concurrent.ExecutorService");

  @ArchTest
  static final ArchRule pathsFromOutsideAreNotResolvedByJava =
      noClasses()
          .that()
          .resideInAnyPackage("..core..", "..grpc..", "..postgres.PostgresVolumeStore")
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.nio.file.Files")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.io.File");

  @ArchTest
  static final ArchRule noCycles =
      slices().matching("dev.notebay.storage.(*)..").should().beFreeOfCycles();
}
